import requests
API_KEY = 'YOUR_API_KEY'
headers = {'Authorization': f'Bearer {API_KEY}'}
requests.get('https://api.astria.ai/tunes/1', headers=headers)
