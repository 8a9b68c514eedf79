curl -X DELETE -H "Authorization: Bearer $API_KEY" https://api.astria.ai/prompts/1
