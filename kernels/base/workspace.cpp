#include "kernels/base/workspace.h"

#include <cstdlib>

#include "kernels/base/error.h"

namespace ceir {
namespace {

struct Block {
  void* data = nullptr;
  int64_t bytes = 0;
  ~Block() { std::free(data); }
};

}  // namespace

void* workspace(Scratch slot, int64_t bytes) {
  static thread_local Block blocks[static_cast<int>(Scratch::other) + 1];
  Block& block = blocks[static_cast<int>(slot)];
  if (block.bytes < bytes || !block.data) {
    std::free(block.data);
    block.bytes = 0;
    const int64_t rounded = (bytes + 4095) / 4096 * 4096 + 4096;
    block.data = std::aligned_alloc(64, static_cast<size_t>(rounded));
    if (!block.data) fail(ErrorKind::resource, "no memory for {} bytes of scratch; close other programs or lower --batch", rounded);
    block.bytes = rounded;
  }
  return block.data;
}

}  // namespace ceir
