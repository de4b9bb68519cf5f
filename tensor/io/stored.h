// Elements as files store them, and the tensors they become. Types that tensors do not have are widened to one that
// holds every value exactly: 16- and 32-bit unsigned and 16-bit integers become i64, unsigned 64-bit integers become
// i64 where they fit (an error where not), truth values become u8 (0 or 1), 8-bit floating types become f32.
#pragma once
#include <cstddef>
#include <string_view>

#include "tensor/tensor.h"

namespace ceir {

enum class Stored : uint8_t { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64, f8_e4m3, f8_e5m2, f8_e8m0 };

int64_t size_of(Stored t);        // bytes of one element
DType dtype_of_stored(Stored t);  // what it becomes

// `shape.numel()` elements from `data` (any alignment) as an owned contiguous tensor. `big_endian` is the file's order.
// `what` (file and tensor) begins the message when a value does not fit.
Tensor read_stored(const std::byte* data, const Shape& shape, Stored type, bool big_endian, std::string_view what);

// True when memory can be used as it lies: same bytes as the tensor would have, aligned.
bool can_borrow(const std::byte* data, Stored type, bool big_endian);

}  // namespace ceir
