#include "tensor/io/protobuf.h"

#include <bit>

#include "kernels/base/error.h"

namespace ceir {
namespace {
enum WireType { varint_type = 0, fixed64_type = 1, length_type = 2, fixed32_type = 5 };
}

void ProtoReader::malformed(const char* what) const { bad_input("{}: malformed at field {}: {}", where_, field_, what); }

uint64_t ProtoReader::read_varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) malformed("a number is cut short");
    const uint8_t byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 127) << shift;
    if (!(byte & 128)) return value;
  }
  malformed("a number of more than ten bytes");
}

bool ProtoReader::next() {
  if (rest_.empty()) return false;
  const uint64_t key = read_varint();
  field_ = static_cast<int64_t>(key >> 3);
  wire_type_ = static_cast<int>(key & 7);
  if (field_ == 0 || key >> 32) malformed("a field number out of range");
  uint64_t length = 0;
  switch (wire_type_) {
    case varint_type: value_ = read_varint(); return true;
    case fixed64_type: length = 8; break;
    case fixed32_type: length = 4; break;
    case length_type: length = read_varint(); break;
    default: malformed("an unknown wire type");
  }
  if (length > rest_.size()) malformed("its data is cut short");
  bytes_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

uint64_t ProtoReader::varint() const {
  if (wire_type_ != varint_type) malformed("a number is expected");
  return value_;
}

float ProtoReader::float32() const {
  if (wire_type_ != fixed32_type) malformed("a 32-bit number is expected");
  uint32_t bits = 0;
  for (size_t i = 0; i < 4; i++) bits |= static_cast<uint32_t>(static_cast<uint8_t>(bytes_[i])) << (8 * i);
  return std::bit_cast<float>(bits);
}

std::string_view ProtoReader::bytes() const {
  if (wire_type_ != length_type) malformed("text or bytes are expected");
  return bytes_;
}

}  // namespace ceir
