// A thread of execution that is switched by hand: what each CUDA thread of a block becomes on the CPU.
// On x86-64 a switch saves seven registers; elsewhere ucontext does the same, slower.
#pragma once
#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace ceir::emulator {

class Fiber {
 public:
  // Makes the next switch_to() call entry() on this stack. entry may never return: it ends by switching away.
  void prepare(void* stack, size_t bytes, void (*entry)());

  // Continues `to` where it stopped; returns when someone switches to `from` again.
  static void switch_to(Fiber& from, Fiber& to);

  bool on_stack(const void* p) const {
    return p >= stack_ && p < static_cast<const char*>(stack_) + bytes_;
  }

 private:
#if defined(__x86_64__)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t context_;
#endif
  void* stack_ = nullptr;  // null for the fiber that the operating system gave us
  size_t bytes_ = 0;
  friend void first_frame();
};

// Stacks of equal size with an unmapped page below each: an overflow faults instead of reaching the neighbour.
class Stacks {
 public:
  static constexpr size_t bytes = 128 * 1024;
  ~Stacks();
  void* at(size_t i);  // maps up to i; throws Error(resource)

 private:
  struct Chunk;
  Chunk* chunks_ = nullptr;
  size_t count_ = 0;
};

}  // namespace ceir::emulator
