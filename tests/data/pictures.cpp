#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "data/image.h"
#include "data/ycc_rgb.h"
#include "kernels/base/error.h"
#include "kernels/base/random.h"
#include "tests/data/jpeg_samples.h"
#include "tests/data/picture_samples.h"
#include "tests/data/temp_folder.h"

using namespace ceir;
using namespace ceir::test;

namespace {

Image decode(const std::string& file, const DecodeOptions& options = {}) { return decode_image(std::as_bytes(std::span(file)), options); }

// The message of the refusal; "accepted" when there is none.
std::string refusal(const std::string& file) {
  try {
    decode(file);
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::bad_input);
    return e.what();
  }
  return "accepted";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<int> pixels(const Image& image) { return {image.pixels.begin(), image.pixels.end()}; }

// The body of a JPEG's first segment with this marker.
size_t find_segment(const std::string& jpeg, int marker) {
  size_t at = 2;
  while (static_cast<uint8_t>(jpeg[at + 1]) != marker)
    at += 2 + (static_cast<size_t>(static_cast<uint8_t>(jpeg[at + 2])) << 8 | static_cast<uint8_t>(jpeg[at + 3]));
  return at + 4;
}

}  // namespace

TEST_CASE("a PNG that we write is read back exactly, and the same picture gives the same bytes") {
  Random random(1, "png");
  for (const auto& [w, h, c] : {std::tuple(1, 1, 3), {1, 9, 1}, {33, 17, 3}, {64, 64, 1}}) {
    Image image;
    image.width = w, image.height = h, image.channels = c;
    image.pixels.resize(static_cast<size_t>(w * h * c));
    for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(random.below(256));
    const std::string file = encode_png(image);
    CHECK(file == encode_png(image));
    const Image back = decode(file);
    REQUIRE(back.width == w);
    REQUIRE(back.height == h);
    for (int i = 0; i < w * h; i++)
      for (int k = 0; k < 3; k++) CHECK(back.pixels[static_cast<size_t>(3 * i + k)] == image.pixels[static_cast<size_t>(c == 3 ? 3 * i + k : i)]);
  }
}

TEST_CASE("PNG: depths, palettes, alpha and the high byte of 16 bits") {
  const auto row = [](const std::string& bytes) { return std::string(1, '\0') + bytes; };
  CHECK(pixels(decode(png_file(png_header(4, 1, 2, 0), "", row("\x1B")))) == std::vector<int>{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255});
  CHECK(pixels(decode(png_file(png_header(1, 1, 16, 2), "", row("\x12\xFF\x34\xFF\x56\xFF")))) == std::vector<int>{0x12, 0x34, 0x56});
  CHECK(pixels(decode(png_file(png_header(1, 1, 8, 4), "", row("\x70\x10")))) == std::vector<int>{0x70, 0x70, 0x70});
  const Image rgba = decode(png_file(png_header(1, 1, 8, 6), "", row("\x01\x02\x03\x04")), {.keep_alpha = true});
  CHECK(rgba.channels == 4);
  CHECK(pixels(rgba) == std::vector<int>{1, 2, 3, 4});
  const Image p = decode(png_file(png_header(3, 1, 4, 3), png_chunk("PLTE", "abcdef"), row(std::string("\x10\x00", 2))));
  CHECK(p.indexed);
  CHECK(pixels(p) == std::vector<int>{'d', 'e', 'f', 'a', 'b', 'c', 'a', 'b', 'c'});
  CHECK(contains(refusal(png_file(png_header(3, 1, 4, 3), png_chunk("PLTE", "abcdef"), row(std::string("\x12\x00", 2)))), "outside of its palette"));
}

TEST_CASE("PNG: each thing that can be wrong is named") {
  const std::string raw = png_rows(8, 2), header = png_header(5, 4, 8, 2), end = png_chunk("IEND", "");
  const std::string data = packed(raw);
  CHECK(refusal(png_file(header, "", raw)) == "accepted");
  CHECK(contains(refusal(png_file(header, "", raw.substr(0, raw.size() - 1))), "truncated PNG"));
  CHECK(contains(refusal(png_file(header, "", raw + "x")), "go on after the last row"));
  CHECK(contains(refusal(png_file(png_header(0, 4, 8, 2), "", raw)), "empty"));
  CHECK(contains(refusal(png_file(png_header(1u << 30, 1u << 30, 8, 2), "", raw)), "more than"));
  CHECK(contains(refusal(png_file(png_header(16384, 16384, 8, 2), "", raw)), "truncated PNG"));
  CHECK(contains(refusal(png_file(png_header(5, 4, 3, 2), "", raw)), "does not exist"));
  CHECK(contains(refusal(png_file(png_header(5, 4, 8, 3), "", raw)), "without a palette"));
  CHECK(contains(refusal(png_file(header, png_chunk("ABCD", ""), raw)), "unknown critical chunk ABCD"));
  CHECK(contains(refusal(png_signature + header + png_chunk("IDAT", data.substr(0, 9)) + png_chunk("tEXt", "a") + png_chunk("IDAT", data.substr(9)) + end), "do not follow"));
  CHECK(refusal(png_signature + header + png_chunk("IDAT", data.substr(0, 9)) + png_chunk("IDAT", data.substr(9)) + end + "trailing") == "accepted");
  CHECK(contains(refusal(png_signature + png_chunk("IDAT", data) + end), "expected IHDR"));
  CHECK(contains(refusal(png_signature + header + end), "no picture"));
  std::string filter = raw;
  filter[0] = 5;
  CHECK(contains(refusal(png_file(header, "", filter)), "row filter 5"));
  std::string crc = png_file(header, "", raw);
  crc[crc.size() - 14] ^= 1;
  CHECK(contains(refusal(crc), "checksum of chunk IDAT"));
}

TEST_CASE("BMP and PNM: bit depths, directions, comments") {
  const std::string palette("\x03\x02\x01\0\x06\x05\x04\0", 8);
  CHECK(pixels(decode(bmp_file(2, 2, 24, "", "bgrBGR..123456.."))) == std::vector<int>{'3', '2', '1', '6', '5', '4', 'r', 'g', 'b', 'R', 'G', 'B'});
  CHECK(pixels(decode(bmp_file(1, -2, 24, "", "bgr.BGR."))) == std::vector<int>{'r', 'g', 'b', 'R', 'G', 'B'});
  CHECK(pixels(decode(bmp_file(3, 1, 1, palette, "\x40..."))) == std::vector<int>{1, 2, 3, 4, 5, 6, 1, 2, 3});
  CHECK(pixels(decode(bmp_file(2, 1, 4, palette, "\x10..."))) == std::vector<int>{4, 5, 6, 1, 2, 3});
  CHECK(pixels(decode(bmp_file(1, 1, 16, "", std::string("\x1F\x7C\0\0", 4)))) == std::vector<int>{255, 0, 255});
  CHECK(contains(refusal(bmp_file(2, 1, 4, palette, "\x20...")), "outside of its palette"));
  CHECK(contains(refusal(bmp_file(2, 2, 24, "", "bgrBGR..12345")), "truncated BMP"));
  CHECK(pixels(decode("P6 # c\n1 1\n# d\n255\nabc")) == std::vector<int>{'a', 'b', 'c'});
  CHECK(pixels(decode("P5 2 1 3 \1\3")) == std::vector<int>{85, 85, 85, 255, 255, 255});
  CHECK(pixels(decode(std::string("P5 1 1 65535 \x12\x34"))) == std::vector<int>{0x12, 0x12, 0x12});
  CHECK(pixels(decode("P1 2 1 10")) == std::vector<int>{0, 0, 0, 255, 255, 255});
  CHECK(pixels(decode("P4 2 1\n\x80")) == std::vector<int>{0, 0, 0, 255, 255, 255});
  CHECK(contains(refusal("P6 2 1 255 abcde"), "truncated PNM"));
  CHECK(contains(refusal("P2 1 1 15 16"), "above the maximum"));
}

TEST_CASE("other formats are refused by name") {
  CHECK(contains(refusal("GIF89a......"), "a GIF"));
  CHECK(contains(refusal("RIFF....WEBPVP8 "), "a WebP"));
  CHECK(contains(refusal(std::string("II*\0....", 8)), "a TIFF"));
  CHECK(contains(refusal(std::string("\0\0\0\x1C" "ftypheic", 12)), "a HEIF"));
  CHECK(contains(refusal("<!DOCTYPE html>"), "a web page"));
  CHECK(contains(refusal(""), "empty"));
  CHECK(contains(refusal("hello"), "no picture that is known"));
}

TEST_CASE("JPEG: samples decode; every cut is refused, also with a forged end; what follows the end does not matter") {
  for (const JpegSample& s : jpeg_samples) {
    CAPTURE(s.name);
    const std::string file = bytes_of(s);
    const Image whole = decode(file, {.apply_exif_orientation = false});
    CHECK(whole.width == s.width);
    CHECK(whole.height == s.height);
    CHECK(decode(file + "\xFF\xD8trailing", {.apply_exif_orientation = false}).pixels == whole.pixels);
    for (size_t n = 0; n < file.size(); n++) CHECK(refusal(file.substr(0, n)) != "accepted");
    for (size_t n = 2; n + 4 < file.size(); n++) CHECK(refusal(file.substr(0, n) + "\xFF\xD9") != "accepted");
  }
}

TEST_CASE("PNG: every cut is refused") {
  for (const std::string& file : plain_samples())
    if (file[1] == 'P')
      for (size_t n = 0; n < file.size(); n++) CHECK(refusal(file.substr(0, n)) != "accepted");
}

TEST_CASE("JPEG: the table that Debian's decoder overruns, and others that lie, are refused") {
  const std::string file = bytes_of(jpeg_samples[0]);
  const size_t dht = find_segment(file, 0xC4);
  std::string many = file;
  for (size_t i = 1; i <= 16; i++) many[dht + i] = '\x7F';
  CHECK(contains(refusal(many), "Huffman"));
  std::string wide = file;
  wide[dht + 16] = '\xFF', wide[dht + 15] = '\xFF';  // 510 codes of 15 and 16 bits do not overlap, but pass 256
  CHECK(contains(refusal(wide), "more than 256 codes"));
  std::string crowded = file;
  crowded[dht + 1] = 3;  // three codes of one bit
  CHECK(contains(refusal(crowded), "more codes than their lengths can tell apart"));
  std::string flat = file;
  const size_t sof = find_segment(file, 0xC0);
  flat[sof + 1] = flat[sof + 2] = 0;
  CHECK(contains(refusal(flat), "empty"));
  std::string huge = file;
  huge[sof + 1] = huge[sof + 2] = huge[sof + 3] = huge[sof + 4] = '\xFF';
  CHECK(contains(refusal(huge), "more than the 256 million"));
  std::string tall = file;
  tall[sof + 1] = 2;
  CHECK(contains(refusal(tall), "truncated JPEG"));
}

TEST_CASE("EXIF orientation: eight ways to store one picture show the same one") {
  Image shown;
  shown.width = 3, shown.height = 2;
  for (int i = 0; i < 18; i++) shown.pixels.push_back(static_cast<uint8_t>(i));
  const int back[] = {0, 1, 2, 3, 4, 5, 8, 7, 6};  // turning it like this stores it as orientation i
  for (int o = 1; o <= 8; o++) {
    const Image stored = oriented(shown, back[o]);
    std::string tiff = std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + le_of(static_cast<uint64_t>(o), 4) + le_of(0, 4);
    std::string file = encode_png(stored);
    file.insert(33, png_chunk("eXIf", tiff));
    const Image turned = decode(file), raw = decode(file, {.apply_exif_orientation = false});
    CHECK(turned.width == 3);
    CHECK(turned.pixels == shown.pixels);
    CHECK(raw.pixels == stored.pixels);
  }
  const Image turned = decode(bytes_of(jpeg_samples[4]));
  CHECK(turned.width == jpeg_samples[4].height);
}

TEST_CASE("YCbCr to RGB: the wide form gives the bytes of the plain one, which is the formula") {
  std::vector<uint8_t> y(256 * 256), cb(y.size()), cr(y.size());
  for (const int level : {0, 77, 128, 255}) {
    for (size_t i = 0; i < y.size(); i++) y[i] = static_cast<uint8_t>(level), cb[i] = static_cast<uint8_t>(i), cr[i] = static_cast<uint8_t>(i >> 8);
    std::vector<uint8_t> a(3 * y.size()), b(a.size());
    ycc_to_rgb(y.data(), cb.data(), cr.data(), a.data(), static_cast<int>(y.size()));
    ycc_to_rgb_plain(y.data(), cb.data(), cr.data(), b.data(), static_cast<int>(y.size()));
    CHECK(a == b);
    double worst = 0;
    for (size_t i = 0; i < y.size(); i++) {
      const double u = cb[i] - 128.0, v = cr[i] - 128.0;
      const double exact[3] = {level + 1.402 * v, level - 0.344136 * u - 0.714136 * v, level + 1.772 * u};
      for (size_t k = 0; k < 3; k++) worst = std::max(worst, std::abs(std::min(255.0, std::max(0.0, exact[k])) - a[3 * i + k]));
    }
    CHECK(worst < 0.51);
  }
}

TEST_CASE("a picture's error names the file") {
  TempFolder t;
  t.write("bad.png", "GIF89a");
  try {
    load_image(t / "bad.png");
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(std::string(e.what()).starts_with(t / "bad.png" + ": this is a GIF"));
  }
}
