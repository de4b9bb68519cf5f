"""python export_case.py MODEL CASE PICTURE TEXT...   what transformers makes of a CLIP or SigLIP, for `ceir doctor --parity CASE`"""
import json, os, sys, numpy as np, torch, transformers
from PIL import Image
name, case, picture, *texts = sys.argv[1:]
for folder in ("inputs", "expected", "end_to_end"): os.makedirs(f"{case}/{folder}", exist_ok=True)
save = lambda file, t: np.save(f"{case}/{file}.npy", t.detach().float().numpy() if t.is_floating_point() else t.numpy())
image = Image.open(picture).convert("RGB")
image.save(f"{case}/end_to_end/image_0.png")
slow = {"use_fast": False} if transformers.__version__ < "5" else {"backend": "pil"}
pixels = transformers.AutoImageProcessor.from_pretrained(name, **slow)(images=[image], return_tensors="pt").pixel_values
model = transformers.AutoModel.from_pretrained(name, dtype=torch.float32).double().eval()  # the weights as stored, the arithmetic in double
length = model.config.text_config.max_position_embeddings
ids = transformers.AutoTokenizer.from_pretrained(name)(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids
look, read = model.vision_model(pixels.double(), output_hidden_states=True), model.text_model(ids, output_hidden_states=True)
images, words = (getattr(model, p, torch.nn.Identity())(x.pooler_output) for p, x in (("visual_projection", look), ("text_projection", read)))
clip, layers = hasattr(model.vision_model, "pre_layrnorm"), [f"layer_{i:02}" for i in range(200)]
steps = [model.vision_model.embeddings(pixels.double())] * clip + list(look.hidden_states)
for i, x in enumerate(steps): save(f"expected/step_{i:02}_" + (["embeddings"] + ["pre_layernorm"] * clip + layers)[i], x[0])
for i, x in enumerate(read.hidden_states): save(f"expected/text_step_{i:02}_" + (["embeddings"] + layers)[i], x[0])
save("expected/logits_per_image", model(input_ids=ids, pixel_values=pixels.double()).logits_per_image)
save("inputs/input_ids", ids), save("expected/text_embeds", words), save("inputs/pixel_values", pixels), save("end_to_end/pixel_values", pixels)
save("end_to_end/image_embeds", images), save("expected/image_embeds", images)
json.dump(texts, open(f"{case}/inputs/texts.json", "w"))
json.dump({"model_name": name, "tolerance": {"float32": 2e-5}}, open(f"{case}/case.json", "w"))
