// Reading the wire format of protocol buffers (protobuf.dev/programming-guides/encoding), enough to look into a
// SentencePiece model: fields in order, every length checked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ceir {

class ProtoReader {
 public:
  // `where` begins the messages of the Error(bad_input) that malformed input throws; it must outlive the reader.
  ProtoReader(std::string_view bytes, std::string_view where) : rest_(bytes), where_(where) {}

  bool next();  // moves to the next field; false at the end
  int64_t field() const { return field_; }
  // The field's value; throws when the field is of another wire type.
  uint64_t varint() const;
  float float32() const;
  std::string_view bytes() const;

 private:
  [[noreturn]] void malformed(const char* what) const;
  uint64_t read_varint();

  std::string_view rest_, where_, bytes_;
  int64_t field_ = 0;
  int wire_type_ = -1;
  uint64_t value_ = 0;
};

}  // namespace ceir
