// Pictures with captions: what a CLIP is trained on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/image.h"

namespace ceir {

struct CaptionedPicture {
  Image image;
  std::vector<std::string> captions;  // at least one
};

class CaptionedPictures {
 public:
  virtual ~CaptionedPictures() = default;
  virtual int64_t size() const = 0;
  // Picture i with up to `captions` captions, from any thread. Throws Error(bad_input) for a picture that cannot be read.
  virtual CaptionedPicture load(int64_t i, int captions) const = 0;
  // The first caption alone; cheap where captions are stored.
  virtual std::string caption(int64_t i) const = 0;
  virtual std::string name() const = 0;
  virtual std::string content_key() const = 0;  // changes when the content does
};

// `scenes:N[:SEED]` (its training split, the first three quarters, drawn on the fly), a scenes folder (the train/ rows of
// its truth.jsonl), or a .jsonl, .csv or .tsv of path and caption (a first row "path,caption" is skipped; paths count
// from the file's folder). Throws Error(bad_input), naming file and line.
std::unique_ptr<CaptionedPictures> open_captions(const std::string& data);

}  // namespace ceir
