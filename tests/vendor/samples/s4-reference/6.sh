curl -s $ASTRIA_BASE_URL/packs \
  -H "Authorization: Bearer $ASTRIA_AUTH_TOKEN" \
  -H "X-Workspace-Id: $WORKSPACE_ID" | jq '.[].id, .[].title, .[].slug'
