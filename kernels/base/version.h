#pragma once

namespace ceir {

// "0.1.0": what --version prints and receipts carry.
const char* version();

}  // namespace ceir
