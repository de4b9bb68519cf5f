"""python export_open_clip_case.py MODEL CASE PICTURE TEXT...   the same of open_clip; MODEL: ViT-B-32/openai, hf-hub:ORG/NAME, local-dir:FOLDER"""
import json, os, sys, numpy as np, open_clip, torch
from PIL import Image
name, case, picture, *texts = sys.argv[1:]
for folder in ("inputs", "expected", "end_to_end"): os.makedirs(f"{case}/{folder}", exist_ok=True)
save = lambda file, t: np.save(f"{case}/{file}.npy", t.detach().float().numpy() if t.is_floating_point() else t.numpy())
image = Image.open(picture).convert("RGB")
image.save(f"{case}/end_to_end/image_0.png")
arch, tag = (name, None) if ":" in name else name.split("/")
model, _, prepare = open_clip.create_model_and_transforms(arch, tag, precision="fp32")
model.double().eval()  # the weights as stored, the arithmetic in double
pixels, ids = prepare(image)[None], open_clip.get_tokenizer(arch)(texts)
vision, layers = getattr(model.visual, "trunk", model.visual), [f"layer_{i:02}" for i in range(200)]
def watch(start, modules, names):  # what goes into the first, and what comes out of each
    keep = lambda i: lambda *seen: save(f"expected/{start}step_{i:02}_{names[i]}", (seen[-1][0] if isinstance(seen[-1], tuple) else seen[-1])[0])
    for m in modules[:1]: m.register_forward_pre_hook(keep(0))
    for i, m in enumerate(modules): m.register_forward_hook(keep(i + 1))
norm, blocks = [m for m in [getattr(vision, "ln_pre", None)] if m], vision.blocks if hasattr(vision, "blocks") else getattr(vision, "transformer", vision).children()
watch("", norm + [b for m in blocks for b in ([m] if hasattr(m, "mlp") else m.children()) if hasattr(b, "mlp")], ["embeddings"] + ["pre_layernorm"] * len(norm) + layers)
watch("text_", list(getattr(model, "text", model).transformer.resblocks), ["embeddings"] + layers)
images, words, unit = model.encode_image(pixels.double()), model.encode_text(ids), torch.nn.functional.normalize
save("expected/logits_per_image", model.logit_scale.exp() * unit(images) @ unit(words).T + (0 if getattr(model, "logit_bias", None) is None else model.logit_bias))
save("inputs/input_ids", ids), save("expected/text_embeds", words), save("inputs/pixel_values", pixels), save("end_to_end/pixel_values", pixels)
save("end_to_end/image_embeds", images), save("expected/image_embeds", images)
json.dump(texts, open(f"{case}/inputs/texts.json", "w"))
json.dump({"model_name": name, "tolerance": {"float32": 3e-5}}, open(f"{case}/case.json", "w"))
