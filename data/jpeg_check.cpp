// The segments of a JPEG (T.81, annex B).
#include <algorithm>
#include <bitset>
#include <cstring>

#include "data/jpeg.h"
#include "kernels/base/checked.h"

namespace ceir::formats {
namespace {

// A progressive file with every band and bit of three components on its own has about 100 scans; libraries write 10.
// The bound keeps a small file from asking for hours.
constexpr int most_scans = 200;

[[noreturn]] void truncated(const char* what) { bad_input("truncated JPEG: {}", what); }
[[noreturn]] void corrupt(const char* what) { bad_input("corrupt JPEG: {}", what); }

const char* unsupported_frame(int marker) {
  switch (marker) {
    case 0xC3: return "lossless";
    case 0xC5: case 0xC6: case 0xC7: case 0xCD: case 0xCE: case 0xCF: return "hierarchical";
    case 0xC9: case 0xCA: case 0xCB: case 0xCC: return "arithmetic-coded";
    default: return nullptr;
  }
}

class Walker {
 public:
  explicit Walker(Bytes file) : file_(file) {}

  JpegInfo walk() {
    if (file_.size() < 4 || file_[0] != 0xFF || file_[1] != 0xD8) corrupt("it does not begin with a start marker");
    at_ = 2;
    for (;;) {
      const int marker = next_marker();
      if (marker == 0xD9) break;
      if (marker == 0xD8) corrupt("a second start marker");
      if (marker >= 0xD0 && marker <= 0xD7) {  // one that closes a scan whose last interval was full
        if (!after_scan_) corrupt("a restart marker outside of a scan");
        after_scan_ = false;
        continue;
      }
      after_scan_ = false;
      if (const char* kind = unsupported_frame(marker)) bad_input("this JPEG is {}, which is not read; save it as an ordinary one", kind);
      const Bytes body = segment();
      if (marker == 0xDB) quantisation(body);
      else if (marker == 0xC4) huffman(body);
      else if (marker == 0xC0 || marker == 0xC1 || marker == 0xC2) frame(marker, body);
      else if (marker == 0xDA) scan(body);
      else if (marker == 0xDD) {
        if (body.size() != 2) corrupt("a restart interval of the wrong length");
        frame_.restart_interval = static_cast<int>(be16(body.data()));
      } else if (marker == 0xDC) {
        if (body.size() != 2 || frame_.components.empty() || static_cast<int>(be16(body.data())) != frame_.height)
          corrupt("a number of lines that contradicts the frame");
      } else if (marker == 0xE1) exif(body);
      else if (marker == 0xEE) adobe(body);
      else if ((marker < 0xE0 || marker > 0xEF) && marker != 0xFE) bad_input("corrupt JPEG: unknown marker FF {:02X}", marker);
    }
    if (frame_.components.empty()) corrupt("it holds no picture");
    for (const JpegComponent& c : frame_.components)
      if (!c.seen) truncated("a colour component has no data");
    // A progressive file sealed between two scans is whole by every other measure. T.81 would allow it; no writer means it.
    for (const JpegComponent& c : frame_.components)
      if (frame_.progressive && std::ranges::any_of(c.sent, [](int8_t low) { return low != 0; })) truncated("its last scans are missing");
    info_.width = frame_.width, info_.height = frame_.height, info_.components = static_cast<int>(frame_.components.size());
    info_.end = at_;
    return info_;
  }

 private:
  int next_marker() {
    if (at_ >= file_.size()) truncated("no end marker");
    if (file_[at_] != 0xFF) {
      // Some writers pad between segments; decoders skip that before the frame and stumble over it later.
      if (!frame_.components.empty()) corrupt("bytes between two segments");
      while (at_ < file_.size() && file_[at_] != 0xFF) at_++;
    }
    while (at_ < file_.size() && file_[at_] == 0xFF) at_++;
    if (at_ >= file_.size()) truncated("no end marker");
    return file_[at_++];
  }

  Bytes segment() {
    if (file_.size() - at_ < 2) truncated("the file ends inside a segment");
    const size_t length = be16(file_.data() + at_);
    if (length < 2) corrupt("a segment with a length below 2");
    if (file_.size() - at_ < length) truncated("the file ends inside a segment");
    const Bytes body = file_.subspan(at_ + 2, length - 2);
    at_ += length;
    return body;
  }

  void quantisation(Bytes b) {
    if (b.empty()) corrupt("an empty quantisation segment");
    while (!b.empty()) {
      const int precision = b[0] >> 4, id = b[0] & 15;
      const size_t bytes = precision ? 129 : 65;
      if (precision > 1 || id > 3) corrupt("a quantisation table with a number it cannot have");
      if (b.size() < bytes) corrupt("a quantisation table that is cut short");
      quantisation_.set(static_cast<size_t>(id));
      b = b.subspan(bytes);
    }
  }

  void huffman(Bytes b) {
    if (b.empty()) corrupt("an empty Huffman segment");
    while (!b.empty()) {
      if (b.size() < 17) corrupt("a Huffman table that is cut short");
      const int kind = b[0] >> 4, id = b[0] & 15;
      if (kind > 1 || id > 3) corrupt("a Huffman table with a number it cannot have");
      size_t total = 0;
      for (size_t i = 1; i <= 16; i++) total += b[i];
      (kind ? ac_ : dc_)[static_cast<size_t>(id)].build(b.data() + 1, b.data() + 17, b.size() - 17);
      b = b.subspan(17 + total);
    }
  }

  void frame(int marker, Bytes b) {
    if (!frame_.components.empty()) corrupt("a second frame");
    if (b.size() < 6) corrupt("a frame header that is cut short");
    const size_t n = b[5];
    if (b.size() != 6 + 3 * n) corrupt("a frame header of the wrong length");
    if (b[0] != 8) bad_input("this JPEG has {} bits a sample, only 8 are read; save it as an ordinary one", b[0]);
    if (n != 1 && n != 3 && n != 4) bad_input("this JPEG has {} colour components, only 1, 3 and 4 are read", n);
    frame_.progressive = marker == 0xC2;
    frame_.height = static_cast<int>(be16(b.data() + 1)), frame_.width = static_cast<int>(be16(b.data() + 3));
    check_size("JPEG", frame_.width, frame_.height);
    int h_max = 1, v_max = 1;
    for (size_t i = 0; i < n; i++) {
      const uint8_t* p = b.data() + 6 + 3 * i;
      JpegComponent c;
      c.id = p[0], c.h = p[1] >> 4, c.v = p[1] & 15, c.table = p[2];
      if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4) corrupt("a sampling factor outside of 1 to 4");
      if (c.table > 3) corrupt("a quantisation table with a number it cannot have");
      for (const JpegComponent& other : frame_.components)
        if (other.id == c.id) corrupt("two components with one name");
      h_max = std::max(h_max, c.h), v_max = std::max(v_max, c.v);
      frame_.components.push_back(c);
    }
    frame_.mcus_x = ceil_div(frame_.width, 8 * h_max), frame_.mcus_y = ceil_div(frame_.height, 8 * v_max);
    for (JpegComponent& c : frame_.components) {
      if (h_max % c.h || v_max % c.v) bad_input("this JPEG has fractional sampling factors, which are not read; save it as an ordinary one");
      c.blocks_x = ceil_div(ceil_div(int64_t{frame_.width} * c.h, h_max), 8);
      c.blocks_y = ceil_div(ceil_div(int64_t{frame_.height} * c.v, v_max), 8);
      c.grid_x = frame_.mcus_x * c.h, c.grid_y = frame_.mcus_y * c.v;
      // Before anything of that size is allocated: the first scan spends at least one bit on every block.
      if (c.blocks_x * c.blocks_y / 8 > static_cast<int64_t>(file_.size() - at_))
        truncated("fewer bytes than the picture has blocks");
      c.sent.fill(-1);
      if (frame_.progressive) c.nonzero.assign(static_cast<size_t>(c.grid_x * c.grid_y), 0);
    }
  }

  void scan(Bytes b) {
    if (frame_.components.empty()) corrupt("a scan before the frame header");
    if (++scans_ > most_scans) corrupt("more scans than any picture needs");
    if (b.empty() || b[0] < 1 || b[0] > 4 || b.size() != 4 + 2 * size_t{b[0]}) corrupt("a scan header of the wrong length");
    const size_t n = b[0];
    JpegScan s;
    const uint8_t* spectral = b.data() + 1 + 2 * n;
    s.first = spectral[0], s.last = spectral[1], s.high = spectral[2] >> 4, s.low = spectral[2] & 15;
    if (!frame_.progressive) {
      // Sequential scans hold everything; libraries look past a wrong upper end.
      if (s.first != 0 || s.high != 0 || s.low != 0) corrupt("a sequential scan with progressive parameters");
      s.last = 63;
    } else if (s.first > s.last || s.last > 63 || s.low > 13 || (s.first == 0 && s.last != 0) || (s.first > 0 && n != 1) ||
               (s.high != 0 && s.high != s.low + 1)) {
      corrupt("progressive parameters that no scan can have");
    }
    const bool needs_dc = s.first == 0 && s.high == 0, needs_ac = s.last > 0;
    for (size_t i = 0; i < n; i++) {
      const int id = b[1 + 2 * i], tables = b[2 + 2 * i];
      JpegComponent* c = nullptr;
      for (JpegComponent& other : frame_.components)
        if (other.id == id) c = &other;
      if (!c) corrupt("a scan names a component that the frame has not");
      if (std::find(s.components.begin(), s.components.end(), c) != s.components.end()) corrupt("a scan names a component twice");
      if (tables >> 4 > 3 || (tables & 15) > 3) corrupt("a Huffman table with a number it cannot have");
      const HuffmanTable& dc = dc_[static_cast<size_t>(tables >> 4)];
      const HuffmanTable& ac = ac_[static_cast<size_t>(tables & 15)];
      if ((needs_dc && !dc.defined) || (needs_ac && !ac.defined)) corrupt("a scan uses a Huffman table that was not sent");
      if (!quantisation_.test(static_cast<size_t>(c->table))) corrupt("a component uses a quantisation table that was not sent");
      if (!frame_.progressive && c->seen) corrupt("a component is sent twice");
      if (frame_.progressive) progress(*c, s);
      c->seen = true;
      s.components.push_back(c), s.dc.push_back(&dc), s.ac.push_back(&ac);
    }
    at_ = check_scan(file_, at_, frame_, s);
    after_scan_ = true;
  }

  // Successive approximation sends each bit once and in order; a band only after its component's DC.
  static void progress(JpegComponent& c, const JpegScan& s) {
    if (s.first > 0 && c.sent[0] < 0) corrupt("a band is sent before its component's DC values");
    for (int k = s.first; k <= s.last; k++) {
      int8_t& sent = c.sent[static_cast<size_t>(k)];
      if (s.high == 0 ? sent >= 0 : sent != s.high) corrupt("the bits of a band are sent out of order");
      sent = static_cast<int8_t>(s.low);
    }
  }

  void exif(Bytes b) {
    if (exif_seen_ || b.size() < 6 || std::memcmp(b.data(), "Exif\0", 6) != 0) return;
    exif_seen_ = true;
    info_.orientation = exif_orientation(b.subspan(6));
  }

  void adobe(Bytes b) {
    if (b.size() >= 12 && std::memcmp(b.data(), "Adobe", 6) == 0) info_.adobe_transform = b[11];
  }

  Bytes file_;
  size_t at_ = 0;
  JpegFrame frame_;
  JpegInfo info_{};
  std::array<HuffmanTable, 4> dc_, ac_;
  std::bitset<4> quantisation_;
  int scans_ = 0;
  bool after_scan_ = false, exif_seen_ = false;
};

}  // namespace

void HuffmanTable::build(const uint8_t* counts, const uint8_t* values, size_t available) {
  size_t total = 0;
  int32_t code = 0;
  for (int n = 1; n <= 16; n++) {
    const size_t i = static_cast<size_t>(n);
    code <<= 1;
    first_code[i] = code, first_index[i] = static_cast<int32_t>(total), count[i] = counts[n - 1];
    code += count[i];
    total += counts[n - 1];
    if (total > 256) corrupt("a Huffman table with more than 256 codes");
    if (code > 1 << n) corrupt("a Huffman table with more codes than their lengths can tell apart");
  }
  if (total == 0) corrupt("an empty Huffman table");
  if (total > available) corrupt("a Huffman table that is cut short");
  std::copy(values, values + total, symbols.begin());
  fast.fill(0);
  for (int n = 1; n <= fast_bits; n++) {
    const size_t i = static_cast<size_t>(n);
    for (int32_t k = 0; k < count[i]; k++) {
      const uint16_t entry = static_cast<uint16_t>(n << 8 | symbols[static_cast<size_t>(first_index[i] + k)]);
      const auto begin = fast.begin() + ((first_code[i] + k) << (fast_bits - n));
      std::fill(begin, begin + (1 << (fast_bits - n)), entry);
    }
  }
  defined = true;
}

JpegInfo check_jpeg(Bytes file) {
  if (file.size() > size_t{1} << 30) bad_input("this JPEG has more than 1 GiB");
  return Walker(file).walk();
}

Decoded decode_jpeg(Bytes file) {
  const JpegInfo info = check_jpeg(file);
  Decoded d;
  d.orientation = info.orientation;
  if (info.components != 4) {
    d.image = jpeg_rgb(file.first(info.end));
    return d;
  }
  // Four components are CMYK or YCCK, inverted as Adobe writes them (Pillow's reading too). stb_image sees that only
  // by Adobe's segment, so a file without one is given it.
  if (info.adobe_transform > 0 && info.adobe_transform != 2) bad_input("this JPEG has four components and colour transform {}, which is not read", info.adobe_transform);
  std::vector<uint8_t> with_segment;
  if (info.adobe_transform < 0) {
    const uint8_t adobe[] = {0xFF, 0xD8, 0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    with_segment.assign(std::begin(adobe), std::end(adobe));
    with_segment.insert(with_segment.end(), file.begin() + 2, file.begin() + static_cast<ptrdiff_t>(info.end));
    file = with_segment;
  } else {
    file = file.first(info.end);
  }
  d.image = jpeg_rgb(file);
  return d;
}

}  // namespace ceir::formats
