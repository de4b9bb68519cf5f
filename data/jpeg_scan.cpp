// Entropy-coded data: every Huffman code is read and every block counted, so that a file whose end was cut and sealed
// with a forged end marker is found out, and the decoder behind us never meets a code that is not in its table.
#include <cmath>
#include <cstdlib>

#include "data/jpeg.h"
#include "kernels/base/interrupt.h"

namespace ceir::formats {
namespace {

[[noreturn]] void truncated(const char* what) { bad_input("truncated JPEG: {}", what); }
[[noreturn]] void corrupt(const char* what) { bad_input("corrupt JPEG: {}", what); }

// Bits of a scan; FF 00 stands for FF, any other FF xx is a marker where reading stops (T.81, B.1.1.5).
class BitReader {
 public:
  BitReader(Bytes file, size_t at) : file_(file), at_(at) {}

  void refill() {
    while (count_ <= 56) {
      if (at_ >= file_.size()) return;
      uint8_t byte = file_[at_];
      size_t next = at_ + 1;
      if (byte == 0xFF) {
        while (next < file_.size() && file_[next] == 0xFF) next++;  // fill bytes
        if (next >= file_.size() || file_[next] != 0) return;        // a marker, or the end
        next++;
      }
      at_ = next;
      bits_ |= uint64_t{byte} << (56 - count_);
      count_ += 8;
    }
  }
  uint32_t peek(int n) const { return static_cast<uint32_t>(bits_ >> (64 - n)); }
  void skip(int n) {
    if (n > count_) truncated("the data of a scan end before its last block");
    bits_ <<= n;
    count_ -= n;
  }
  uint32_t take(int n) {  // n <= 16
    if (n == 0) return 0;
    if (count_ < n) refill();
    const uint32_t v = peek(n);
    skip(n);
    return v;
  }
  // A code of `table`; afterwards at least 16 more bits are buffered where the file has them.
  int symbol(const HuffmanTable& table) {
    if (count_ < 32) refill();
    const uint32_t entry = table.fast[peek(HuffmanTable::fast_bits)];
    if (entry) {
      skip(static_cast<int>(entry >> 8));
      return static_cast<int>(entry & 255);
    }
    const int32_t code16 = static_cast<int32_t>(peek(16));
    for (int n = HuffmanTable::fast_bits + 1; n <= 16; n++) {
      const int32_t offset = (code16 >> (16 - n)) - table.first_code[static_cast<size_t>(n)];
      if (offset >= 0 && offset < table.count[static_cast<size_t>(n)]) {
        skip(n);
        return table.symbols[static_cast<size_t>(table.first_index[static_cast<size_t>(n)] + offset)];
      }
    }
    if (count_ < 16) truncated("the data of a scan end before its last block");
    corrupt("a bit pattern that is not in the Huffman table");
  }
  // Position of the marker behind the padding bits. Bytes that no block needed are let pass only at the very end of a
  // scan, as cameras that pad with zeros write them.
  size_t marker(bool padding_allowed) {
    skip(count_ % 8);  // padding to a whole byte
    refill();
    bool extra = count_ > 0;
    if (extra && !padding_allowed) corrupt("bytes that belong to no block before a restart marker");
    for (; count_ > 0; skip(8))
      if (peek(8) == 0xFF) corrupt("bytes that belong to no block at the end of a scan");
    size_t p = at_;
    while (p < file_.size() && file_[p] != 0xFF) p++, extra = true;
    if (extra && p + 1 < file_.size() && file_[p + 1] == 0) corrupt("bytes that belong to no block at the end of a scan");
    size_t code = p;
    while (code < file_.size() && file_[code] == 0xFF) code++;
    if (code >= file_.size()) truncated("no end marker");
    return code - 1;
  }

 private:
  Bytes file_;
  size_t at_;
  uint64_t bits_ = 0;
  int count_ = 0;
};

// The largest |DC| let pass. A sound file stays within 2^11 (T.81, F.1.2.1, 8-bit samples).
constexpr int largest_dc = 1 << 14;

void read_dc(BitReader& in, const HuffmanTable& table, JpegComponent& c, int low) {
  const int n = in.symbol(table);
  if (n > 15) corrupt("a DC difference of more than 15 bits");
  int value = static_cast<int>(in.take(n));
  if (n && value < 1 << (n - 1)) value -= (1 << n) - 1;
  c.dc += value;
  if (std::abs(c.dc) > largest_dc >> low) corrupt("a DC value outside its range");
}

void sequential_block(BitReader& in, const HuffmanTable& dc, const HuffmanTable& ac, JpegComponent& c) {
  read_dc(in, dc, c, 0);
  for (int k = 1; k < 64;) {
    const int symbol = in.symbol(ac), run = symbol >> 4, n = symbol & 15;
    if (n == 0) {
      if (run != 15) return;
      k += 16;
    } else {
      k += run + 1;
      in.skip(n);
    }
    if (k > 64) corrupt("a run of coefficients past the end of its block");
  }
}

int end_of_band_run(BitReader& in, int run) { return (1 << run) + static_cast<int>(in.take(run)) - 1; }

void progressive_first(BitReader& in, const HuffmanTable& ac, const JpegScan& s, uint64_t& nonzero, int& end_run) {
  if (end_run) {
    end_run--;
    return;
  }
  for (int k = s.first; k <= s.last;) {
    const int symbol = in.symbol(ac), run = symbol >> 4, n = symbol & 15;
    if (n == 0) {
      if (run < 15) {
        end_run = end_of_band_run(in, run);
        return;
      }
      k += 16;
      if (k > s.last + 1) corrupt("a run of coefficients past the end of its band");
    } else {
      k += run;
      if (k > s.last) corrupt("a run of coefficients past the end of its band");
      if (n + s.low > 15) corrupt("a coefficient of more than 15 bits");
      in.skip(n);
      nonzero |= uint64_t{1} << k++;
    }
  }
}

// T.81, G.1.2.3: one correction bit for each coefficient that is not zero already, new ones of one bit in between.
void progressive_refine(BitReader& in, const HuffmanTable& ac, const JpegScan& s, uint64_t& nonzero, int& end_run) {
  int k = s.first;
  if (end_run == 0) {
    while (k <= s.last) {
      const int symbol = in.symbol(ac), n = symbol & 15;
      int run = symbol >> 4;
      if (n > 1) corrupt("a refined coefficient of more than one bit");
      if (n == 0 && run < 15) {
        end_run = end_of_band_run(in, run) + 1;
        break;
      }
      if (n) in.take(1);
      for (; k <= s.last; k++) {
        if (nonzero >> k & 1) in.take(1);
        else if (run-- == 0) break;
      }
      if (k > s.last) {
        if (n) corrupt("a run of coefficients past the end of its band");
        return;
      }
      if (n) nonzero |= uint64_t{1} << k;
      k++;
    }
    if (end_run == 0) return;
  }
  end_run--;
  for (; k <= s.last; k++)
    if (nonzero >> k & 1) in.take(1);
}

}  // namespace

size_t check_scan(Bytes file, size_t at, JpegFrame& frame, const JpegScan& scan) {
  BitReader in(file, at);
  const bool alone = scan.components.size() == 1;
  JpegComponent& only = *scan.components[0];
  const int64_t mcus_x = alone ? only.blocks_x : frame.mcus_x;
  const int64_t mcus = mcus_x * (alone ? only.blocks_y : frame.mcus_y);
  int end_run = 0, todo = frame.restart_interval, next_restart = 0;
  for (JpegComponent* c : scan.components) c->dc = 0;

  const auto block = [&](size_t i, int64_t x, int64_t y) {
    JpegComponent& c = *scan.components[i];
    if (!frame.progressive) return sequential_block(in, *scan.dc[i], *scan.ac[i], c);
    if (scan.first == 0) {
      if (scan.high == 0) read_dc(in, *scan.dc[i], c, scan.low);
      else in.take(1);
      return;
    }
    uint64_t& nonzero = c.nonzero[static_cast<size_t>(y * c.grid_x + x)];
    if (scan.high == 0) progressive_first(in, *scan.ac[i], scan, nonzero, end_run);
    else progressive_refine(in, *scan.ac[i], scan, nonzero, end_run);
  };

  for (int64_t m = 0; m < mcus; m++) {
    if ((m & 0xFFFF) == 0) throw_if_interrupted();
    if (frame.restart_interval && todo == 0) {
      const size_t p = in.marker(false);
      if (file[p + 1] == 0xD9) truncated("the picture ends before its last block");
      if (file[p + 1] != 0xD0 + next_restart) corrupt("a restart marker is missing or out of order");
      next_restart = (next_restart + 1) % 8;
      in = BitReader(file, p + 2);
      todo = frame.restart_interval, end_run = 0;
      for (JpegComponent* c : scan.components) c->dc = 0;
    }
    if (alone) {
      block(0, m % mcus_x, m / mcus_x);
    } else {
      for (size_t i = 0; i < scan.components.size(); i++) {
        const JpegComponent& c = *scan.components[i];
        for (int v = 0; v < c.v; v++)
          for (int h = 0; h < c.h; h++) block(i, m % mcus_x * c.h + h, m / mcus_x * c.v + v);
      }
    }
    todo--;
  }
  return in.marker(true);
}

}  // namespace ceir::formats
