// Whether this program gives the numbers another library gives: a folder of inputs and expected outputs, compared in the
// order of computation, so that the first entry that is off names the step that is wrong.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/io/json.h"

namespace ceir {

// One comparison. `unit` says what `difference` counts: "relative" (largest absolute difference over the expected array's
// largest absolute value), "absolute", "levels" (of 256), "bytes" (how many differ), "strings".
struct ParityStep {
  std::string name;
  std::string shape;          // "(65, 128)", or how many arrays stand behind it
  std::string unit = "relative";
  double difference = 0, limit = 0;
  std::string note;           // why it could not be compared, or which array is the worst
  bool compared = true;       // false: this program does not show that step; no mistake
  bool ok() const { return !compared || difference <= limit; }
};

struct ParityReport {
  std::string name, what;      // the folder's name; "hugging face clip (transformers 5.23.0), computed in f32"
  std::vector<ParityStep> steps;

  const ParityStep* first_difference() const;  // null: all agree
  std::string text() const;                    // the table and its verdict, for people
  Json json() const;
};

struct ParityOptions {
  std::string model;            // in place of the one that lies in the folder
  DType dtype = DType::f32;     // f64 narrows the limits to 2e-7
};

// `folder` is one of
//  - a model's case: inputs/pixel_values.npy (N, 3, H, W) and/or inputs/input_ids.npy (M, T), expected/*.npy, and the model in
//    its own layout beside them (or options.model, or "model_name" in case.json). expected/ may hold image_embeds, text_embeds, each also _normalized,
//    logits_per_image, step_NN_NAME and text_step_NN_NAME (of one example, which case.json names: 0 without one).
//    end_to_end/ may hold image_I.png, pixel_values.npy and image_embeds.npy; inputs/texts.json the texts behind the ids.
//  - pictures and what three libraries make of them (case.json with "pictures" and "jpeg"),
//  - Pillow's resizes (NAME.source.npy, NAME.FILTER.npy),
//  - strings and their token ids (strings.jsonl).
// case.json may set {"tolerance": {"float32": 1e-5}}. Throws Error(bad_input): none of these, a file missing or damaged.
ParityReport check_parity(const std::string& folder, const ParityOptions& options = {});

// The parts of it, by kind of folder (models/parity_files.cpp).
ParityReport parity_of_pictures(const std::string& folder, const Json& json);
ParityReport parity_of_resizes(const std::string& folder);
ParityReport parity_of_strings(const std::string& folder, const Json& json, const ParityOptions& options);

}  // namespace ceir
