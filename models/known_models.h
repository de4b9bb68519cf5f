// The published models whose sizes are known here: the one table of them. `ceir inspect --known` prints it, `inspect` and
// `convert` recognise a checkpoint by it, and a configuration that contradicts it is refused.
// Sources: Radford et al. 2021, tables 19 and 20; open_clip's model configurations (github.com/mlfoundations/open_clip);
// the config.json files of google/siglip-*; He et al. 2016 (ResNet-50).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/unary/unary.h"
#include "tensor/io/json.h"

namespace ceir {

enum class KnownTower : uint8_t { vit, modified_resnet, siglip, resnet };  // resnet: torchvision's, without a text tower

// Sizes that follow from nothing else. The MLP of a text tower is 4 x its width, SigLIP's so400m apart.
struct KnownArchitecture {
  const char* name;          // open_clip's: "ViT-B-32"; OpenAI's spelling "ViT-B/32" finds it too
  KnownTower tower;
  int64_t image_size, patch_size;              // pixels; patch 0: a ResNet
  int64_t width, layers, heads, intermediate;  // image tower; ResNets: width of the first stage (64), layers = 0,
                                               // heads of the attention pool, no intermediate
  std::array<int64_t, 4> stages;               // blocks of a ResNet's four stages
  int64_t text_width, text_layers, text_heads, text_intermediate, vocabulary, context;  // 0: no text tower
  int64_t projection;                          // width of the shared space; a supervised ResNet's feature width
};

// Which numbers pictures are normalised with.
enum class Normalisation : uint8_t { clip, half, imagenet };

// One set of published weights: open_clip's pretrained tag, the hub's repository, and what cannot be seen in the tensors.
struct KnownWeights {
  const char* architecture;   // KnownArchitecture::name
  const char* tag;            // "openai", "laion2b_s34b_b79k"
  const char* repository;     // Hugging Face's own: "openai/clip-vit-base-patch32"; "": the one of weights/hub_names.h, if any
  Unary activation;
  Normalisation normalisation;
};

std::span<const KnownArchitecture> known_architectures();
std::span<const KnownWeights> known_weights();

// By open_clip's name or OpenAI's ("ViT-L/14@336px"), "-quickgelu" at the end ignored; null when unknown.
const KnownArchitecture* find_architecture(const std::string& name);
// By hub repository ("openai/clip-vit-base-patch32", any case), or "ViT-B-32/openai"; null when unknown.
const KnownWeights* find_weights(const std::string& name);

// What open_clip computes with these weights: timm's towers and open_clip's texts have the exact GELU for the first SigLIP,
// where the weights' own code, and Hugging Face's, has the tanh form.
Unary activation_in_open_clip(const KnownWeights& w);

std::string repository_of(const KnownWeights& w);   // "" when it is not on the hub
const char* activation_word(Unary f);               // as a config.json says it: "gelu", "gelu_pytorch_tanh"

int64_t parameter_count(const KnownArchitecture& a);   // learnt numbers, buffers left out
const char* name_of(Normalisation n);                  // "CLIP's", "0.5", "ImageNet's"
std::array<float, 3> mean_of(Normalisation n);         // per channel, of values from 0 to 1
std::array<float, 3> std_of(Normalisation n);

Json known_models_json();          // {"architectures": [...], "weights": [...]}
std::string known_models_text();   // the table that `ceir inspect --known` prints

}  // namespace ceir
