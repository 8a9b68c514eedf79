import requests
API_KEY = 'YOUR_API_KEY'
headers = {'Authorization': f'Bearer {API_KEY}'}

def load_image(file_path):
  with open(file_path, "rb") as f:
    return f.read()

# Assuming `prompts` and `tune.images` are already defined in your context
from types import SimpleNamespace
tune = SimpleNamespace(images=['1.jpg', '2.jpg', '3.jpg', '4.jpg'])

data = {
  "tune[title]": "John Doe - UUID - 1234-6789-1234-56789",
  "tune[name]": "man",
}
files = []

for image in tune.images:
  image_data = load_image(image)  # Assuming image is a file path
  files.append(("tune[images][]", image_data))

API_URL = 'https://api.astria.ai/p/43/tunes'
response = requests.post(API_URL, data=data, files=files, headers=headers)
response.raise_for_status()
