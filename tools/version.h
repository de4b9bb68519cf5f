#pragma once
#include <string>

namespace ceir {

// What `ceir --version` prints: version, compiler, build, CPU features, libraries.
std::string version_text();

}  // namespace ceir
