// From a checkpoint in any layout to a folder that every command reads: the work behind `ceir convert`.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/preprocess.h"
#include "kernels/base/monitor.h"
#include "models/clip_config.h"
#include "models/known_models.h"
#include "tensor/dtype.h"
#include "weights/name_map.h"
#include "weights/weight_files.h"

namespace ceir {

enum class CheckpointOrigin : uint8_t { hugging_face, open_clip, openai, torchvision };
const char* name_of(CheckpointOrigin origin);   // "OpenAI archive"

// A checkpoint and what is known of its model, everything checked but the data.
struct CheckpointSource {
  WeightFiles weights;
  std::string folder;                     // where configuration and tokenizer may lie; "" when nothing beside it belongs to it
  CheckpointOrigin origin;
  ClipConfig config;
  std::optional<Preprocess> preprocess;   // absent: text only
  const KnownWeights* known = nullptr;    // by the name it goes by
  std::vector<StoredAs> places;           // of Clip::tensors_of(config), in `weights`
};

// `source`: a checkpoint, a folder or a hub name in the cache; pickles are read, and nothing in them is run. The
// configuration is the one beside it; OpenAI's archives and torchvision's ResNets need none. `known_as` ("ViT-B-32/laion2b_s34b_b79k")
// says what a checkpoint of open_clip without a configuration is: activation and normalisation cannot be seen in tensors.
// Throws Error(bad_input): nothing there, no configuration, one that contradicts the tensors or a known model,
// tensors missing, left over or of the wrong shape (the first is named, with the closest); Error(network) for a hub name
// that is not in the cache.
CheckpointSource open_checkpoint(const std::string& source, const std::string& known_as = "");
// The same without comparing the tensors: `places` stays empty.
CheckpointSource read_checkpoint(const std::string& source, const std::string& known_as = "");

// What a CLIP's files say against what is known of a published model by that name; throws Error(bad_input) when activation or
// normalisation differ. `name`: as the user called it (hub name, "ViT-B-32/openai"), or the folder; of unknown names the
// activation is held against what the folder's config.json says it was made from. `where`: the folder, or a file in it.
// `open_clip`: in its layout, and so with its activations.
void check_against_known(const std::string& name, const ClipConfig& config, const std::optional<Preprocess>& preprocess, const std::string& where, bool open_clip = false);

// The tokenizer that goes with a checkpoint: file name -> content, with the text form ("ceir_text_form") in it.
struct FoundTokenizer {
  std::map<std::string, std::string> files;   // empty: none was found
  std::string where;                          // the folder it came from
};
// From `named` (a folder, a hub name, or OpenAI's bpe_simple_vocab_16e6.txt.gz) when it is not empty, else from beside the checkpoint, else from any CLIP in the
// hub's cache with the same vocabulary. Throws Error(bad_input) when the one that was named does not fit the model.
FoundTokenizer find_tokenizer_for(const CheckpointSource& source, const std::string& named);

struct ConvertPlan {
  bool open_clip_layout;   // else Hugging Face's
  std::string weights_file;
  int64_t tensors, bytes;
  std::vector<std::string> types;   // of the tensors as written: "F16", "F32"
};
// weights_dtype: f32, f16, bf16; absent: as stored.
ConvertPlan plan_conversion(const CheckpointSource& source, std::optional<DType> weights_dtype);

// Writes the files of a model into `folder`, which is made; the weights one tensor after another, so that memory holds one
// at a time. Throws Error(bad_input) for a value that f16 cannot hold, Error(resource) on a full disk.
void write_converted(const CheckpointSource& source, const FoundTokenizer& tokenizer, std::optional<DType> weights_dtype, const std::string& folder, Monitor* monitor = nullptr);

}  // namespace ceir
