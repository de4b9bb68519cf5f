#include "kernels/emulator/fiber.h"

#include <sys/mman.h>

#include <cstdlib>
#include <vector>

#include "kernels/base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
// void ceir_emulator_switch(void** from /* rdi */, void* to /* rsi */): the registers a callee must keep go to the old
// stack, the stack pointer is exchanged, and the same registers come from the new one.
asm(R"(
.text
.globl ceir_emulator_switch
.type ceir_emulator_switch, @function
ceir_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size ceir_emulator_switch, .-ceir_emulator_switch
)");
extern "C" void ceir_emulator_switch(void** from, void* to);
#endif

namespace ceir::emulator {
namespace {

#if defined(__SANITIZE_ADDRESS__)
const void* outer_stack = nullptr;  // of whoever runs the fibers
size_t outer_bytes = 0;
#endif
void (*entry_)() = nullptr;

}  // namespace

// Where a prepared fiber begins.
void first_frame() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &outer_stack, &outer_bytes);
#endif
  entry_();
  std::terminate();  // entry never returns
}

void Fiber::prepare(void* stack, size_t bytes, void (*entry)()) {
  stack_ = stack, bytes_ = bytes;
  entry_ = entry;
#if defined(__x86_64__)
  void** top = reinterpret_cast<void**>(static_cast<char*>(stack) + bytes);
  *--top = nullptr;  // as if first_frame had been called: aligned to 16 before the return address
  *--top = reinterpret_cast<void*>(first_frame);
  for (int i = 0; i < 6; i++) *--top = nullptr;
  stack_pointer_ = top;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, first_frame, 0);
#endif
}

// Not instrumented: a fiber that ends here never leaves this frame, whose red zones would stay on the stack for the next one.
#if defined(__SANITIZE_ADDRESS__)
[[gnu::no_sanitize_address]]
#endif
void Fiber::switch_to(Fiber& from, Fiber& to) {
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, to.stack_ ? to.stack_ : outer_stack, to.stack_ ? to.bytes_ : outer_bytes);
#endif
#if defined(__x86_64__)
  ceir_emulator_switch(&from.stack_pointer_, to.stack_pointer_);
#else
  swapcontext(&from.context_, &to.context_);
#endif
#if defined(__SANITIZE_ADDRESS__)
  if (from.stack_) __sanitizer_finish_switch_fiber(fake, &outer_stack, &outer_bytes);
  else __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

struct Stacks::Chunk {
  void* mapping;
  size_t bytes;
  Chunk* next;
};

namespace {
constexpr size_t guard = 4096, per_chunk = 32;
}

void* Stacks::at(size_t i) {
  while (count_ <= i) {
    const size_t size = per_chunk * (bytes + guard);
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) fail(ErrorKind::resource, "no memory for the stacks of {} emulated threads", i + 1);
    for (size_t k = 0; k < per_chunk; k++) mprotect(static_cast<char*>(p) + k * (bytes + guard), guard, PROT_NONE);
    chunks_ = new Chunk{p, size, chunks_};
    count_ += per_chunk;
  }
  const Chunk* chunk = chunks_;  // newest first
  for (size_t newest = count_ / per_chunk - 1, want = i / per_chunk; newest > want; newest--) chunk = chunk->next;
  return static_cast<char*>(chunk->mapping) + i % per_chunk * (bytes + guard) + guard;
}

Stacks::~Stacks() {
  while (chunks_) {
    Chunk* next = chunks_->next;
    munmap(chunks_->mapping, chunks_->bytes);
    delete chunks_;
    chunks_ = next;
  }
}

}  // namespace ceir::emulator
