curl -s -X POST "$ASTRIA_BASE_URL/tunes" \
  -H "Authorization: Bearer $ASTRIA_AUTH_TOKEN" \
  -H "X-Workspace-Id: $WORKSPACE_ID" \
  -F "tune[title]=Brown dress" \
  -F "tune[base_tune_id]=$GEMINI_TUNE_ID" \
  -F "tune[name]=dress" \
  -F "tune[characteristics]={\"short_description\":\"satin brown dress\"}" \
  -F "tune[image_urls][]=https://example.com/photo1.jpg" \
  -F "tune[image_urls][]=https://example.com/photo2.jpg" | jq '.id, .title, .name, .orig_images'
