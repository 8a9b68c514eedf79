import requests

API_URL = 'https://api.astria.ai/prompts/:prompt_id/like'
API_KEY = 'YOUR_API_KEY'  # Replace with your actual API key

headers = {
    'Authorization': f'Bearer {API_KEY}'
}


response = requests.post(API_URL, headers=headers)
