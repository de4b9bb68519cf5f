"""python export_case.py MODEL CASE PICTURE TEXT...   what transformers makes of a CLIP or SigLIP, for `ceir doctor --parity CASE`."""
import json, os, sys
import numpy as np, torch, transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

name, case, picture, *texts = sys.argv[1:]
for folder in ("inputs", "expected", "end_to_end"): os.makedirs(f"{case}/{folder}", exist_ok=True)
save = lambda file, t: np.save(f"{case}/{file}.npy", t.detach().float().numpy())
model, tokenizer = AutoModel.from_pretrained(name, dtype=torch.float32), AutoTokenizer.from_pretrained(name)
processor = AutoImageProcessor.from_pretrained(name, **({"backend": "pil"} if int(transformers.__version__[0]) > 4 else {"use_fast": False}))
for part in (model, tokenizer, processor): part.save_pretrained(case)
image = Image.open(picture).convert("RGB")
image.save(f"{case}/end_to_end/image_0.png")
pixels = processor(images=[image], return_tensors="pt")["pixel_values"]
length = model.config.text_config.max_position_embeddings
ids = tokenizer(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")["input_ids"]
model = model.double().eval()  # the weights as stored, the arithmetic in double
seen = model.vision_model(pixels.double(), output_hidden_states=True)
read = model.text_model(ids, output_hidden_states=True)
project = lambda which, t: getattr(model, which)(t) if hasattr(model, which) else t  # SigLIP's heads are inside
first = ["embeddings", "pre_layernorm"] if hasattr(model.vision_model, "pre_layrnorm") else ["embeddings"]
steps = ([model.vision_model.embeddings(pixels.double())] if len(first) == 2 else []) + list(seen.hidden_states)
names = first + [f"layer_{i:02}" for i in range(len(steps) - len(first))]
for i, (step, t) in enumerate(zip(names, steps)): save(f"expected/step_{i:02}_{step}", t[0])
for i, t in enumerate(read.hidden_states): save(f"expected/text_step_{i:02}_" + ("embeddings" if i == 0 else f"layer_{i - 1:02}"), t[0])
images, words = project("visual_projection", seen.pooler_output), project("text_projection", read.pooler_output)
save("expected/image_embeds", images), save("expected/text_embeds", words)
save("expected/logits_per_image", model(input_ids=ids, pixel_values=pixels.double()).logits_per_image)
save("inputs/pixel_values", pixels), save("end_to_end/pixel_values", pixels), save("end_to_end/image_embeds", images)
np.save(f"{case}/inputs/input_ids.npy", ids.numpy())
json.dump(texts, open(f"{case}/inputs/texts.json", "w"))
json.dump({"layout": name, "tolerance": {"float32": 2e-5}}, open(f"{case}/case.json", "w"))
