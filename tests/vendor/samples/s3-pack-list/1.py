import requests
headers = {'Authorization': f'Bearer {API_KEY}'}
requests.get('https://api.astria.ai/packs')
# or
requests.get('https://api.astria.ai/gallery/packs')
