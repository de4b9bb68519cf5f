// The generated tables behind unicode.h (data/make_unicode_tables.py).
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceir {

enum class UnicodeClass : uint8_t { other, letter, number, punctuation, nonspacing_mark, control, format, private_use };

extern const uint32_t unicode_class_ranges[];
extern const size_t unicode_class_ranges_size;
extern const uint64_t unicode_lower[];
extern const size_t unicode_lower_size;
extern const uint32_t unicode_combining_ranges[];
extern const size_t unicode_combining_ranges_size;
extern const uint64_t unicode_decompositions[];
extern const size_t unicode_decompositions_size;

}  // namespace ceir
