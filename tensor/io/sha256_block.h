// The compression function of SHA-256 (FIPS 180-4, 6.2.2), plain and with the SHA instructions of x86.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceir {

using Sha256Blocks = void (*)(uint32_t state[8], const uint8_t* data, size_t blocks);  // 64 bytes each

void sha256_blocks_ref(uint32_t state[8], const uint8_t* data, size_t blocks);
Sha256Blocks sha256_blocks_x86();  // null where the processor does not have them
extern const uint32_t sha256_constants[64];

}  // namespace ceir
