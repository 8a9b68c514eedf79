import requests
headers = {'Authorization': f'Bearer {API_KEY}'}
requests.delete('https://api.astria.ai/tunes/1', headers=headers)
