curl -X POST "https://api.astria.ai/themes" \
  -H "Authorization: Bearer YOUR_API_KEY" \
  -F "theme[theme]=Corporate headshots" \
  -F "theme[tune_ids][]=123" \
  -F "theme[prompt_attributes][num_images]=123"
