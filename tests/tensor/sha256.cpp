#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tensor/io/sha256.h"
#include "tensor/io/sha256_block.h"

using namespace ceir;

TEST_CASE("SHA-256: the examples of FIPS 180 and their neighbours in length") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256: the same bytes in pieces of any size") {
  std::string text;
  for (int i = 0; i < 1000; i++) text += static_cast<char>(i * 7 + i / 11);
  for (const size_t n : {0u, 1u, 55u, 56u, 63u, 64u, 65u, 119u, 128u, 1000u}) {
    const std::string whole = sha256_of(std::string_view(text).substr(0, n));
    for (const size_t step : {1u, 3u, 64u, 100u}) {
      Sha256 sha;
      for (size_t i = 0; i < n; i += step) sha.update(std::string_view(text).substr(i, std::min(step, n - i)));
      CHECK(sha.hex() == whole);
    }
  }
}

TEST_CASE("SHA-256: the processor's instructions give what the reference gives") {
  const Sha256Blocks fast = sha256_blocks_x86();
  if (!fast) return;  // not every processor has them
  std::vector<uint8_t> data(64 * 33 + 1);
  for (size_t i = 0; i < data.size(); i++) data[i] = static_cast<uint8_t>(i * 131 + i / 7);
  for (const size_t blocks : {1u, 2u, 33u}) {
    uint32_t a[8] = {1, 2, 3, 4, 5, 6, 7, 0xffffffff}, b[8] = {1, 2, 3, 4, 5, 6, 7, 0xffffffff};
    sha256_blocks_ref(a, data.data() + 1, blocks);
    fast(b, data.data() + 1, blocks);
    for (int i = 0; i < 8; i++) CHECK(a[i] == b[i]);
  }
}
