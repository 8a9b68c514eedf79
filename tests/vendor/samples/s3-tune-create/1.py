import requests
API_KEY = 'YOUR_API_KEY'
headers = {'Authorization': f'Bearer {API_KEY}'}

def load_image(file_path):
  with open(file_path, "rb") as f:
    return f.read()

# Assuming `prompts` and `tune.images` are already defined in your context
from types import SimpleNamespace
tune = SimpleNamespace(images=['1.jpg', '2.jpg', '3.jpg', '4.jpg'])
prompts = [{'text': 'ohwx man in space', 'negative_prompt': 'old', 'image_data': True, 'controlnet': 'pose',
            'input_image': 'samples/pose.png'}]

image_data = load_image("assets/image.jpeg")

data = {
  "tune[title]": "John Doe - UUID - 1234-6789-1234-56789",
  "tune[name]": "man",
  "tune[base_tune_id]": 690204,
  "tune[branch]": "fast",
  "tune[token]": "ohwx"
}
files = []
for i, prompt in enumerate(prompts):
  data.update({
    f"tune[prompts_attributes][{i}][text]": prompt['text'],
    f"tune[prompts_attributes][{i}][negative_prompt]": prompt['negative_prompt'],
    f"tune[prompts_attributes][{i}][face_correct]": "true",
    f"tune[prompts_attributes][{i}][inpaint_faces]": "true",
    f"tune[prompts_attributes][{i}][super_resolution]": "true",
  })
  if prompt['image_data']:
    data.update({
      f"tune[prompts_attributes][{i}][controlnet]" : prompt['controlnet'],
    })
    files.append((f"tune[prompts_attributes][{i}][input_image]", load_image(prompt['input_image'])))

for image in tune.images:
  image_data = load_image(image)  # Assuming image is a file path
  files.append(("tune[images][]", image_data))

API_URL = 'https://api.astria.ai/tunes'
response = requests.post(API_URL, data=data, files=files, headers=headers)
response.raise_for_status()
