curl -X GET -H "Authorization: Bearer $API_KEY" https://api.astria.ai/packs
# or
curl -X GET -H "Authorization: Bearer $API_KEY" https://api.astria.ai/gallery/packs
