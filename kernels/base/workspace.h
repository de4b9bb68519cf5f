// Scratch memory of a kernel, kept by each thread so that it is not asked for again at every call.
#pragma once
#include <cstdint>

namespace ceir {

enum class Scratch : int { packed_a, packed_b, partial, scores, columns, other };

// At least `bytes`, aligned to 64, uninitialised; this thread's, valid until it asks for the same slot again.
// Throws Error(resource) when there is no memory.
void* workspace(Scratch slot, int64_t bytes);

}  // namespace ceir
