// A folder of a test's own, removed with everything in it; and the two shapes that refusals are checked in.
#pragma once
#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "kernels/base/error.h"
#include "kernels/base/random.h"

namespace ceir::test {

struct Scratch {
  std::string path;
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ceir-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

// What `call` throws; "no error" when it throws nothing.
std::string message_of(const auto& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// `body` must throw an Error of this kind whose sentence holds `part`.
template <class Body>
void check_error(ErrorKind kind, const std::string& part, const Body& body) {
  CAPTURE(part);
  try {
    body();
    FAIL_CHECK("no error");
  } catch (const Error& e) {
    CAPTURE(e.what());
    CHECK(e.kind() == kind);
    CHECK(std::string(e.what()).find(part) != std::string::npos);
  }
}

// `body` must refuse the file in one sentence that begins with its name and holds `part`.
template <class Body>
void check_refused(const std::string& file, const std::string& part, const Body& body) {
  CAPTURE(part);
  const std::string message = message_of(body);
  CAPTURE(message);
  CHECK(message.starts_with(file));
  CHECK(message.find('\n') == std::string::npos);
  check_error(ErrorKind::bad_input, part, body);
}

// A few random edits: bytes replaced, removed, inserted, doubled, cut; interesting values more often than others.
inline std::string mutated(std::string s, Random& random) {
  static constexpr unsigned char interesting[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '}', '[', ']', ',', ':', '-', '9', '0', 'e', '\\', ' '};
  for (uint64_t edits = 1 + random.below(4); edits > 0 && !s.empty(); edits--) {
    const size_t at = random.below(s.size());
    const char c = static_cast<char>(random.chance(0.5) ? interesting[random.below(sizeof interesting)] : random.below(256));
    switch (random.below(6)) {
      case 0: case 1: s[at] = c; break;
      case 2: s.erase(at, 1 + random.below(8)); break;
      case 3: s.insert(at, 1, c); break;
      case 4: s.insert(at, s.substr(at, 1 + random.below(16))); break;
      default: if (random.chance(0.2)) s.resize(at);
    }
  }
  return s;
}

// Runs `body` on `rounds` mutations of `seed`; anything but success or Error(bad_input) with a sentence is a failure.
template <class Body>
void fuzz(const std::string& seed, const std::string& purpose, int rounds, const Body& body) {
  int refused = 0;
  for (int i = 0; i < rounds; i++) {
    Random random(7, purpose, static_cast<uint64_t>(i));
    try {
      body(mutated(seed, random));
    } catch (const Error& e) {
      refused++;
      if (e.kind() != ErrorKind::bad_input || std::string(e.what()).size() < 10) FAIL_CHECK(purpose << ", round " << i << ": " << e.what());
    } catch (const std::exception& e) {
      FAIL_CHECK(purpose << ", round " << i << ": a foreign exception: " << e.what());
    }
  }
  CHECK(refused > 0);  // else the mutations do not reach what is checked
}

// CEIR_FUZZ_ROUNDS multiplies the rounds for long runs by hand.
inline int fuzz_rounds(int usual) {
  const char* factor = std::getenv("CEIR_FUZZ_ROUNDS");
  return usual * (factor ? std::max(1, std::atoi(factor)) : 1);
}

}  // namespace ceir::test
