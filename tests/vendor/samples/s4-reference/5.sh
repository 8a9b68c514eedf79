curl -s -X POST "$ASTRIA_BASE_URL/tunes/$SEEDREAM_TUNE_ID/prompts" \
  -H "Authorization: Bearer $ASTRIA_AUTH_TOKEN" \
  -H "X-Workspace-Id: $WORKSPACE_ID" \
  -F "prompt[text]=professional product photo of wireless headphones on marble surface" \
  -F "prompt[num_images]=2" | jq '.id, .text, .num_images, .images[]'
