package checkin

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	_ "image/png" // pictures that may be sent

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // likewise

	"themeday/server/fault"
)

// Bounds of a picture. A phone's camera makes twelve million points; a picture of a sick note is read at 1600.
const (
	maxPicture  = 1 << 20    // bytes as sent
	maxPoints   = 12_600_000 // as decoded
	maxEdge     = 1600       // points, as kept
	jpegQuality = 80
)

var (
	errNotPicture = fault.Invalid("not_a_picture", "只能上传 JPG、PNG 或 WebP 照片")
	errPictureBig = fault.Invalid("picture_too_large", "照片太大，请换一张小一点的")
)

// redraw decodes a picture and encodes it anew as JPEG, upright and at most maxEdge points long: whatever else the file
// held — where it was taken, with which phone — is gone. It returns not_a_picture or picture_too_large; the size is read
// from the header first, so that a small file cannot unfold into a huge picture.
func redraw(raw []byte) ([]byte, error) {
	if len(raw) > maxPicture {
		return nil, errPictureBig
	}
	head, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || head.Width < 1 || head.Height < 1 {
		return nil, errNotPicture.WithCause(err)
	}
	if head.Width > maxPoints/head.Height {
		return nil, errPictureBig
	}
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, errNotPicture.WithCause(err)
	}
	turn := upright
	if kind == "jpeg" {
		turn = orientation(raw)
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, turned(fitted(picture), turn), &jpeg.Options{Quality: jpegQuality})
	return out.Bytes(), err
}

// fitted returns the picture on white, scaled down to maxEdge where it is larger.
func fitted(picture image.Image) *image.RGBA {
	from := picture.Bounds()
	width, height := from.Dx(), from.Dy()
	if longest := max(width, height); longest > maxEdge {
		width, height = max(1, width*maxEdge/longest), max(1, height*maxEdge/longest)
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(to, to.Bounds(), picture, from, draw.Over, nil)
	return to
}

// upright is the orientation of a picture that needs no turning. The numbers are those of the Exif standard (tag 0x0112).
const upright = 1

// turned returns the picture as the orientation says it is meant to be seen.
func turned(p *image.RGBA, orientation int) *image.RGBA {
	if orientation <= upright || orientation > 8 {
		return p
	}
	width, height := p.Rect.Dx(), p.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	if orientation >= 5 { // lies on its side
		out = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range height {
		for x := range width {
			toX, toY := place8(orientation, x, y, width-1, height-1)
			out.SetRGBA(toX, toY, p.RGBAAt(x, y))
		}
	}
	return out
}

// place8 returns where a point goes, in each of the eight orientations.
func place8(orientation, x, y, right, bottom int) (toX, toY int) {
	switch orientation {
	case 2:
		return right - x, y
	case 3:
		return right - x, bottom - y
	case 4:
		return x, bottom - y
	case 5:
		return y, x
	case 6:
		return bottom - y, x
	case 7:
		return bottom - y, right - x
	case 8:
		return y, right - x
	}
	return x, y
}

// orientation reads how the camera was held from a JPEG's Exif block; upright when it does not say.
func orientation(raw []byte) int {
	const start, exif, scan = 0xd8, 0xe1, 0xda
	for at := 2; len(raw) >= at+4 && raw[0] == 0xff && raw[1] == start && raw[at] == 0xff; {
		marker, length := raw[at+1], int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == scan || length < 2 || len(raw) < at+2+length {
			return upright
		}
		body, isExif := bytes.CutPrefix(raw[at+4:at+2+length], []byte("Exif\x00\x00"))
		if marker == exif && isExif {
			return tiffOrientation(body)
		}
		at += 2 + length
	}
	return upright
}

// tiffOrientation looks for the tag in the first directory of an Exif block.
func tiffOrientation(tiff []byte) int {
	const tag, header, entry = 0x0112, 8, 12
	if len(tiff) < header {
		return upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	offset := int64(order.Uint32(tiff[4:]))
	if offset < header || offset+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[offset+2:]
	for range order.Uint16(tiff[offset:]) {
		if len(entries) < entry {
			return upright
		}
		if order.Uint16(entries) == tag {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[entry:]
	}
	return upright
}
