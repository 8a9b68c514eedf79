curl -X GET -H "Authorization: Bearer $API_KEY" https://api.astria.ai/tunes
