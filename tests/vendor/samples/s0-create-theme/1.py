import requests

url = "https://api.astria.ai/themes"
headers = {
    "Authorization": "Bearer YOUR_API_KEY",
  "Content-Type": "application/json",
  "Accept": "application/json"
}
data = {
    "theme": "Corporate headshots",
    "tune_ids": [123],
    "prompt_attributes": {
        "num_images": 123
    }
}

response = requests.post(url, headers=headers, json=data)
print(response.text)
