import requests

API_URL = 'https://api.astria.ai/tunes/1/prompts'
API_KEY = 'YOUR_API_KEY'  # Replace with your actual API key

headers = {
    'Authorization': f'Bearer {API_KEY}'
}

data = {
  'prompt[text]': 'a painting of ohwx man in the style of Van Gogh',
  'prompt[negative_prompt]': 'old, blemish, wrin',
  'prompt[super_resolution]': True,
  'prompt[face_correct]': True,
  'prompt[callback]': 'https://optional-callback-url.com/to-your-service-when-ready?prompt_id=1'
}
def load_image(file_path):
  with open(file_path, "rb") as f:
    return f.read()
prompt = {'input_image': 'samples/pose.png'}
files = []
files.append((f"prompt[input_image]", load_image(prompt['input_image'])))

response = requests.post(API_URL, headers=headers, files=files, data=data)
