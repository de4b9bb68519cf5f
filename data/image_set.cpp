#include "data/image_set.h"

namespace ceir {

const std::vector<std::string>& ImageSet::attribute_names() const {
  static const std::vector<std::string> none;
  return none;
}

}  // namespace ceir
