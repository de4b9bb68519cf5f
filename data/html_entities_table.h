// The generated tables behind html_entities.h (data/make_html_entities.py).
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceir {

extern const char html_entity_text[];
extern const size_t html_entity_text_size;
extern const uint32_t sigma_ranges[];
extern const size_t sigma_ranges_size;

}  // namespace ceir
