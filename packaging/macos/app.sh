#!/bin/sh
# UNTESTED: nobody has run this on macOS yet. Makes dist/Ingot.app of the bundle; on a Mac, with Python and uv:
#   uv sync && sh packaging/macos/app.sh
# Before it is given away it must be signed and notarized (codesign --deep --options runtime, xcrun notarytool), or Gatekeeper
# refuses it. PyInstaller keeps libraries in Contents/Frameworks only for its own BUNDLE step: here they stay beside the programs.
set -eu
cd "$(dirname "$0")/../.."
uv run python packaging/bundle.py
uv run python packaging/icons.py dist/icons
app=dist/Ingot.app/Contents
rm -rf dist/Ingot.app
mkdir -p "$app/MacOS" "$app/Resources"
cp -R dist/ingot/ "$app/MacOS/"
cp dist/icons/ingot.icns "$app/Resources/ingot.icns"
cat > "$app/Info.plist" <<PLIST
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>CFBundleName</key><string>Ingot</string>
  <key>CFBundleIdentifier</key><string>org.ingot.panel</string>
  <key>CFBundleExecutable</key><string>ingot-panel</string>
  <key>CFBundleIconFile</key><string>ingot</string>
  <key>CFBundlePackageType</key><string>APPL</string>
  <key>CFBundleShortVersionString</key><string>$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)</string>
  <key>LSMinimumSystemVersion</key><string>14.0</string>
  <key>NSHighResolutionCapable</key><true/>
</dict></plist>
PLIST
echo dist/Ingot.app
