// Thousands of damaged pictures: whatever a file holds, decoding it ends in a picture or in one clear sentence.
// CEIR_FUZZ_SECONDS makes it go on longer and CEIR_FUZZ_SEED elsewhere (under the sanitizers, by hand).
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "data/image.h"
#include "kernels/base/error.h"
#include "kernels/base/random.h"
#include "tests/data/jpeg_samples.h"
#include "tests/data/picture_samples.h"

using namespace ceir;
using namespace ceir::test;

namespace {

void damage(std::string& file, Random& r, const std::vector<std::string>& others) {
  const auto at = [&] { return static_cast<size_t>(r.below(file.size())); };
  if (file.empty()) return;
  switch (r.below(10)) {
    case 0: file[at()] ^= static_cast<char>(1 << r.below(8)); break;
    case 1: file[at()] = static_cast<char>(r.below(256)); break;
    case 2: file[at()] = static_cast<char>(r.chance(0.5) ? 0xFF : 0); break;
    case 3: file.resize(at()); break;
    case 4: file.insert(at(), file, at(), r.below(40)); break;
    case 5: file.erase(at(), r.below(20)); break;
    case 6: {  // a length or a size that lies
      const size_t i = at();
      if (i + 4 <= file.size()) file.replace(i, 4, be32_of(r.chance(0.5) ? static_cast<uint32_t>(r.bits32()) : static_cast<uint32_t>(r.below(300))));
      break;
    }
    case 7: {  // another JPEG marker
      const size_t i = file.find('\xFF', at());
      if (i != std::string::npos && i + 1 < file.size()) file[i + 1] = static_cast<char>(0xC0 + r.below(64));
      break;
    }
    case 8: {  // two pieces change places
      const size_t n = static_cast<size_t>(r.below(30)), a = at(), b = at();
      if (a + n <= file.size() && b + n <= file.size()) std::swap_ranges(file.begin() + static_cast<ptrdiff_t>(a), file.begin() + static_cast<ptrdiff_t>(a + std::min(n, b > a ? b - a : a - b)), file.begin() + static_cast<ptrdiff_t>(b));
      break;
    }
    default: {  // the head of one, the tail of another
      const std::string& other = others[r.below(others.size())];
      file = file.substr(0, at()) + other.substr(static_cast<size_t>(r.below(other.size())));
    }
  }
}

// Right checksums again, so that the damage gets past the first gate.
void mend_checksums(std::string& png) {
  const auto be32 = [&](size_t i) {
    uint32_t v = 0;
    for (size_t k = 0; k < 4; k++) v = v << 8 | static_cast<uint8_t>(png[i + k]);
    return v;
  };
  for (size_t at = 8; at + 12 <= png.size();) {
    const size_t length = be32(at);
    if (length > png.size() - at - 12) return;
    png.replace(at + 8 + length, 4, be32_of(static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(png.data() + at + 4), static_cast<uInt>(length + 4)))));
    at += 12 + length;
  }
}

}  // namespace

TEST_CASE("damaged pictures give a picture or one sentence, never a crash") {
  std::vector<std::string> samples = plain_samples();
  for (const JpegSample& s : jpeg_samples) samples.push_back(bytes_of(s));
  for (const JpegSample& s : jpeg_samples) samples.push_back(bytes_of(s));  // the format with the most to get wrong
  const char* seconds = std::getenv("CEIR_FUZZ_SECONDS");
  const auto start = std::chrono::steady_clock::now();
  const auto running = [&](int64_t i) {
    if (!seconds) return i < 200000;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < std::atof(seconds);
  };
  const char* named = std::getenv("CEIR_FUZZ_SEED");
  const uint64_t seed = named ? static_cast<uint64_t>(std::atoll(named)) : 1;
  int64_t accepted = 0, refused = 0, other = 0;
  for (int64_t i = 0; running(i); i++) {
    Random r(seed, "hostile pictures", static_cast<uint64_t>(i));
    std::string file = samples[r.below(samples.size())];
    for (uint64_t n = 1 + r.below(4); n > 0; n--) damage(file, r, samples);
    if (file.starts_with("\x89PNG") && r.chance(0.7)) mend_checksums(file);
    try {
      const Image image = decode_image(std::as_bytes(std::span(file)), {.keep_alpha = r.chance(0.5)});
      const bool sound = image.width > 0 && image.height > 0 &&
                         image.pixels.size() == static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * static_cast<size_t>(image.channels);
      if (!sound) other++;
      accepted++;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::bad_input || std::string(e.what()).find('\n') != std::string::npos) other++;
      refused++;
    }
  }
  MESSAGE(accepted << " accepted, " << refused << " refused");
  CHECK(other == 0);
  CHECK(accepted > 0);
  CHECK(refused > accepted);
}
