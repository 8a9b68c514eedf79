curl -X DELETE -H "Authorization: Bearer $API_KEY" https://api.astria.ai/tunes/1
