# With images as multipart/form-data
# Hard coded pack id 260 for corporate headshots from the gallery - https://www.astria.ai/gallery/packs.json
# https://www.astria.ai/gallery/tunes/690204/prompts
curl -X POST -H "Authorization: Bearer $API_KEY" https://api.astria.ai/p/260/tunes \
          -F tune[title]="John Doe - UUID - 1234-6789-1234-56789" \
          -F tune[name]=man \
          -F tune[callback]="https://optional-callback-url.com/webhooks/astria?user_id=1" \
          -F tune[characteristics][eye_color]="blue eyes" \
          -F tune[prompt_attributes][callback]="https://optional-callback-url.com/webhooks/astria_prompts?user_id=1" \
          -F "tune[images][]=@1.jpg" \
          -F "tune[images][]=@2.jpg" \
          -F "tune[images][]=@3.jpg" \
          -F "tune[images][]=@4.jpg"

# With image_urls as form-data
curl -X POST -H "Authorization: Bearer $API_KEY" https://api.astria.ai/p/260/tunes \
          -F tune[title]="Grumpy cat - UUID - 1234-6789-1234-56789" \
          -F tune[name]=cat \
          -F tune[callback]="https://optional-callback-url.com/to-your-service-when-ready?user_id=1" \
          -F tune[prompt_attributes][callback]="https://optional-callback-url.com/webhooks/astria_prompts?user_id=1" \
          -F "tune[image_urls][]=https://i.imgur.com/HLHBnl9.jpeg" \
          -F "tune[image_urls][]=https://i.imgur.com/HLHBnl9.jpeg" \
          -F "tune[image_urls][]=https://i.imgur.com/HLHBnl9.jpeg" \
          -F "tune[image_urls][]=https://i.imgur.com/HLHBnl9.jpeg"

# As JSON
cat > data.json <<- EOM
{
  "tune": {
    "title": "Grumpy Cat - UUID - 1234-6789-1234-56789",
    "name": "cat",
    "callback": "https://optional-callback-url.com/to-your-service-when-ready?user_id=1",
    "characteristics": {"eye_color": "blue eyes"},
    "prompt_attributes": {
      "callback": "https://optional-callback-url.com/webhooks/astria_prompts?user_id=1"
    },
    "image_urls": [
      "https://i.imgur.com/HLHBnl9.jpeg",
      "https://i.imgur.com/HLHBnl9.jpeg",
      "https://i.imgur.com/HLHBnl9.jpeg",
      "https://i.imgur.com/HLHBnl9.jpeg"
    ]
  }
}
EOM

# Hard coded pack id 260 for corporate headshots from the gallery - https://www.astria.ai/gallery/packs.json
curl -X POST -H"Content-Type: application/json" -H "Authorization: Bearer $API_KEY" --data @data.json  https://api.astria.ai/p/260/tunes
