// Undoing the row filters of a PNG (section 9.2).
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceir::formats {

// `row` and `above` hold `bytes` bytes; `bpp` of them (1, 2, 3, 4, 6 or 8) lie between a byte and its left neighbour.
// Throws Error(bad_input) for a filter that does not exist. The second is the plain form of the first: the same bytes.
void unfilter(int filter, uint8_t* row, const uint8_t* above, size_t bytes, size_t bpp);
void unfilter_plain(int filter, uint8_t* row, const uint8_t* above, size_t bytes, size_t bpp);

}  // namespace ceir::formats
