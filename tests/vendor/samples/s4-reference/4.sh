curl -s -X POST "$ASTRIA_BASE_URL/tunes/@GEMINI_TUNE_ID/prompts" \
  -H "Authorization: Bearer $ASTRIA_AUTH_TOKEN" \
  -H "X-Workspace-Id: $WORKSPACE_ID" \
  -F "prompt[text]=180cm extremely thin and tall model <faceid:4076525:1.0> woman \n Sleek, low, slicked-back bun hairdo\n <faceid:4035726:1.0> earrings \n <faceid:4076806:1.0> outfit woman pants longer til the end of t\n <faceid:4043875:1.0> shoes \n front <faceid:4042961:1.0> pose \n look book plain white background #fff" \
  -F "prompt[resolution]=2K" \
  -F "prompt[aspect_ratio]=3:4" \
  -F "prompt[num_images]=4" | jq '.id, .text, .num_images, .images[], .aspect_ratio, .resolution'
