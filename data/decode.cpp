// Which format a file has, by its first bytes; what we cannot read is refused by its name.
#include <cstring>
#include <new>

#include "data/formats.h"
#include "tensor/io/file.h"

namespace ceir {
namespace formats {

void check_size(std::string_view format, int64_t width, int64_t height) {
  if (width < 1 || height < 1) bad_input("{}: a picture of {} x {} pixels is empty", format, width, height);
  if (width > max_pixels || height > max_pixels || width * height > max_pixels)
    bad_input("{}: {} x {} pixels are more than the {} million that can be decoded; make it smaller", format, width, height, max_pixels >> 20);
}

}  // namespace formats

std::vector<std::array<uint8_t, 3>> bit_palette() {
  std::vector<std::array<uint8_t, 3>> colours(256, {255, 255, 255});
  colours[0] = {0, 0, 0};
  return colours;
}

namespace {

using formats::Bytes;

bool starts(Bytes file, std::string_view magic, size_t at = 0) {
  return file.size() >= at + magic.size() && std::memcmp(file.data() + at, magic.data(), magic.size()) == 0;
}

// The name of a format that is recognised and not read; null for the unknown.
const char* foreign_format(Bytes f) {
  using namespace std::literals;
  if (starts(f, "GIF8")) return "a GIF";
  if (starts(f, "RIFF") && starts(f, "WEBP", 8)) return "a WebP picture";
  if (starts(f, "II*\0"sv) || starts(f, "MM\0*"sv) || starts(f, "II+\0"sv) || starts(f, "MM\0+"sv)) return "a TIFF";
  if (starts(f, "ftypavi", 4)) return "an AVIF picture";
  if (starts(f, "ftyphei", 4) || starts(f, "ftyphev", 4) || starts(f, "ftypmif1", 4) || starts(f, "ftypmsf1", 4)) return "a HEIF picture";
  if (starts(f, "ftyp", 4)) return "a film";
  if (starts(f, "\0\0\0\x0CjP  "sv) || starts(f, "\xFF\x4F\xFF\x51"sv)) return "a JPEG 2000 picture";
  if (starts(f, "\0\0\0\x0CJXL "sv) || starts(f, "\xFF\x0A"sv)) return "a JPEG XL picture";
  if (starts(f, "8BPS")) return "a Photoshop file";
  if (starts(f, "\0\0\1\0"sv)) return "an icon file";
  if (starts(f, "qoif")) return "a QOI picture";
  if (starts(f, "DDS ")) return "a DDS texture";
  if (starts(f, "v/1\1"sv)) return "an OpenEXR picture";
  if (starts(f, "#?RADIANCE") || starts(f, "#?RGBE")) return "a Radiance HDR picture";
  if (starts(f, "P7\n")) return "a PAM picture";
  if (starts(f, "PF\n") || starts(f, "Pf\n")) return "a PFM picture";
  if (starts(f, "%PDF")) return "a PDF";
  if (starts(f, "PK\3\4")) return "a zip archive";
  if (starts(f, "\x1F\x8B"sv)) return "a gzip file";
  if (starts(f, "\x93NUMPY"sv)) return "a NumPy array";
  if (starts(f, "<svg") || starts(f, "<?xml")) return "an SVG or XML file";
  if (starts(f, "<!DOCTYPE") || starts(f, "<!doctype") || starts(f, "<html")) return "a web page";
  return nullptr;
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, const DecodeOptions& options) {
  const Bytes file{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  if (file.empty()) bad_input("the file is empty");
  try {
    formats::Decoded d;
    if (starts(file, "\xFF\xD8")) d = formats::decode_jpeg(file);
    else if (starts(file, "\x89PNG")) d = formats::decode_png(file, options.keep_alpha);
    else if (starts(file, "BM")) d = formats::decode_bmp(file);
    else if (file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6') d = formats::decode_pnm(file);
    else if (const char* name = foreign_format(file)) bad_input("this is {}; only JPEG, PNG, BMP and PNM are read: convert it", name);
    else bad_input("this is no picture that is known (JPEG, PNG, BMP and PNM are read)");
    return options.apply_exif_orientation ? oriented(std::move(d.image), d.orientation) : std::move(d.image);
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::resource, "out of memory while decoding a picture");
  } catch (const std::length_error&) {
    fail(ErrorKind::resource, "out of memory while decoding a picture");
  }
}

Image load_image(const std::string& path, const DecodeOptions& options) {
  const std::string file = read_text_file(path);
  try {
    return decode_image(std::as_bytes(std::span(file)), options);
  } catch (const Error& e) {
    fail(e.kind(), "{}: {}", path, e.what());
  }
}

}  // namespace ceir
