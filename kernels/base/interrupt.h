// Ctrl-C at any moment: the signal handler sets a flag, long loops look at it between units of work.
#pragma once

namespace ceir {

void request_interrupt() noexcept;   // async-signal-safe
void clear_interrupt() noexcept;
bool interrupt_requested() noexcept;

// Throws Error(interrupted) when Ctrl-C was pressed. Call it at least a few times a second,
// where state is consistent and a checkpoint can be written by whoever catches it.
void throw_if_interrupted();

}  // namespace ceir
