// Recognising pickled checkpoints (torch.save): they can run code when loaded, so only `ceir convert` reads them.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace ceir {

// By content: a zip archive (torch.save since 1.6, TorchScript) or a pickle stream (before).
bool looks_pickled(std::span<const std::byte> bytes);
// By name: .pt, .pth, .bin, .ckpt, .pkl, .pickle.
bool named_pickled(const std::string& path);

// Throws the Error(bad_input) that says so.
[[noreturn]] void refuse_pickled(const std::string& path);

}  // namespace ceir
