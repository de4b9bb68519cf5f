// The built-in model `nano`: the files of weights/nano/, in the program itself. Without them (a build from before the
// model was trained) the list is empty and everything else works.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

std::vector<std::string> embedded_files();  // sorted: "config.json", "model.safetensors", ...

// The bytes of one file, at an address that is a multiple of 64; they live as long as the program. Throws
// Error(bad_input) naming the files there are.
std::span<const std::byte> embedded_file(std::string_view name);

}  // namespace ceir
