// One pass over stored elements: range, NaN count, hash.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "kernels/base/monitor.h"
#include "tensor/io/stored.h"
#include "weights/inspect.h"

namespace ceir {

// Without a type: the hash alone.
TensorStatistics statistics_of(std::span<const std::byte> bytes, std::optional<Stored> type, bool big_endian, std::string_view what, Monitor* monitor);

}  // namespace ceir
