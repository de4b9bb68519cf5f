// The picture of a PNG, inflated row by row. The check has to inflate and unfilter everything anyway, so there is no
// second decoder behind it.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "data/png.h"
#include "data/png_unfilter.h"
#include "kernels/base/interrupt.h"

namespace ceir::formats {
namespace {

// The concatenated IDAT chunks as one zlib stream.
class Inflater {
 public:
  explicit Inflater(const std::vector<Bytes>& chunks) : chunks_(chunks) {
    if (inflateInit(&z_) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&z_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void read(uint8_t* to, size_t bytes) {
    z_.next_out = to;
    z_.avail_out = static_cast<uInt>(bytes);  // some rows: below 2^31 by the limits on sizes
    while (z_.avail_out > 0)
      if (!step()) bad_input("truncated PNG: its data end before the last row");
  }
  void finish() {
    uint8_t more;
    z_.next_out = &more;
    z_.avail_out = 1;
    while (step())
      if (z_.avail_out == 0) corrupt_png("its data go on after the last row");
  }

 private:
  bool step() {  // false: the stream has ended
    if (ended_) return false;
    if (z_.avail_in == 0) {
      if (next_ == chunks_.size()) bad_input("truncated PNG: its data end before the last row");
      z_.next_in = const_cast<uint8_t*>(chunks_[next_].data());
      z_.avail_in = static_cast<uInt>(chunks_[next_++].size());
    }
    const int status = inflate(&z_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) ended_ = true;
    else if (status == Z_MEM_ERROR) throw std::bad_alloc();
    else if (status != Z_OK && status != Z_BUF_ERROR) bad_input("corrupt PNG: its data are damaged ({})", z_.msg ? z_.msg : "no zlib stream");
    return true;
  }

  const std::vector<Bytes>& chunks_;
  z_stream z_{};
  size_t next_ = 0;
  bool ended_ = false;
};

// Writes one unfiltered row's pixels to out at x0, x0 + dx, ...
void expand(const PngChunks& png, const uint8_t* row, int count, Image& out, int y, int x0, int dx) {
  const PngHeader& h = png.header;
  const int c = out.channels, step = dx * c;
  uint8_t* to = out.row(y) + ptrdiff_t{x0} * c;
  if (h.depth < 8) {
    const int per_byte = 8 / h.depth, mask = (1 << h.depth) - 1, scale = 255 / mask;
    for (int x = 0; x < count; x++, to += step) {
      const int v = row[x / per_byte] >> (8 - h.depth - x % per_byte * h.depth) & mask;
      if (h.colour == 3) {
        if (static_cast<size_t>(v) >= png.palette.size()) corrupt_png("a pixel outside of its palette");
        std::memcpy(to, png.palette[static_cast<size_t>(v)].data(), 3);
      } else {
        to[0] = to[1] = to[2] = static_cast<uint8_t>(v * scale);
      }
    }
    return;
  }
  if (dx == 1 && h.depth == 8 && (h.colour == 2 || h.colour == 6) && h.channels() == c) {
    std::memcpy(to, row, static_cast<size_t>(count) * static_cast<size_t>(c));
    return;
  }
  const int sample = h.depth / 8;  // 16 bits: the high byte comes first
  for (int x = 0; x < count; x++, to += step, row += sample * h.channels()) {
    if (h.colour == 3) {
      if (row[0] >= png.palette.size()) corrupt_png("a pixel outside of its palette");
      std::memcpy(to, png.palette[row[0]].data(), 3);
    } else if (h.colour == 0 || h.colour == 4) {
      to[0] = to[1] = to[2] = row[0];
      if (c == 4) to[3] = row[sample];
    } else {
      to[0] = row[0], to[1] = row[sample], to[2] = row[2 * sample];
      if (c == 4) to[3] = row[3 * sample];
    }
  }
}

}  // namespace

Image png_pixels(const PngChunks& png, bool keep_alpha) {
  const PngHeader& h = png.header;
  struct Pass {
    int x0, y0, dx, dy;
  };
  static constexpr Pass whole[] = {{0, 0, 1, 1}};
  static constexpr Pass adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  const std::span<const Pass> passes = h.interlaced ? std::span<const Pass>(adam7) : std::span<const Pass>(whole);

  const size_t bits = static_cast<size_t>(h.channels() * h.depth), bpp = std::max<size_t>(1, bits / 8);
  const size_t longest = (static_cast<size_t>(h.width) * bits + 7) / 8;
  // Deflate makes at most 1032 bytes of one: a small file that promises a huge picture ends here.
  size_t packed = 0;
  for (const Bytes& chunk : png.data) packed += chunk.size();
  if (longest * static_cast<size_t>(h.height) / 1032 > packed) bad_input("truncated PNG: its data end before the last row");

  Image out;
  out.width = h.width, out.height = h.height;
  out.channels = keep_alpha && (h.colour == 4 || h.colour == 6) ? 4 : 3;
  out.indexed = h.colour == 3 || (h.colour == 0 && h.depth == 1);
  if (out.indexed) out.palette = h.colour == 3 ? png.palette : bit_palette();
  out.pixels.resize(static_cast<size_t>(h.width) * static_cast<size_t>(h.height) * static_cast<size_t>(out.channels));

  Inflater in(png.data);
  // Rows are inflated many at a time: zlib crawls through the last 258 bytes of whatever it is asked for.
  const size_t line = longest + 1, at_once = std::max<size_t>(1, (size_t{1} << 17) / line);
  std::vector<uint8_t> rows_of(line * (at_once + 1));  // the first is the one above
  for (const Pass& p : passes) {
    const int columns = (h.width - p.x0 + p.dx - 1) / p.dx, rows = (h.height - p.y0 + p.dy - 1) / p.dy;
    if (columns <= 0 || rows <= 0) continue;
    const size_t bytes = (static_cast<size_t>(columns) * bits + 7) / 8;
    std::fill_n(rows_of.begin(), bytes + 1, uint8_t{0});
    for (int y = 0; y < rows;) {
      throw_if_interrupted();
      const int n = static_cast<int>(std::min(at_once, static_cast<size_t>(rows - y)));
      uint8_t* row = rows_of.data() + bytes + 1;
      in.read(row, (bytes + 1) * static_cast<size_t>(n));
      for (const int end = y + n; y < end; y++, row += bytes + 1) {
        unfilter(row[0], row + 1, row - bytes, bytes, bpp);
        expand(png, row + 1, columns, out, p.y0 + y * p.dy, p.x0, p.dx);
      }
      std::copy_n(row - bytes - 1, bytes + 1, rows_of.begin());
    }
  }
  in.finish();
  return out;
}

}  // namespace ceir::formats
