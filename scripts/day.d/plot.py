"""Draws the day as SVG: one strip a figure over the time, the phases behind them."""

from html import escape

WIDTH, STRIP, LEFT, TOP, GAP = 1000, 110, 70, 60, 26
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea")


def nice(top):
    """The next round number above."""
    if top <= 0:
        return 1
    scale = 1.0
    while scale * 10 <= top:
        scale *= 10
    while scale > top:
        scale /= 10
    return next(scale * n for n in (1, 2, 2.5, 5, 10) if scale * n >= top)


def draw(path, title, strips, phases, seconds):
    """`strips`: (name, unit, [(label, [(at, value)])]); `phases`: (name, from, to)."""
    height = TOP + len(strips) * (STRIP + GAP) + 30
    seconds = max(seconds, 1)

    def x(at):
        return LEFT + at / seconds * (WIDTH - LEFT - 20)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="{LEFT}" y="18" font-size="14" font-weight="600" fill="#111">{escape(title)}</text>']
    free = [0.0, 0.0, 0.0]  # where each row of names has room again
    for n, (name, begin, end) in enumerate(phases):
        row = next((row for row in range(3) if free[row] <= x(begin)), 2)
        free[row] = x(begin) + 6 + len(name) * 5.4
        shade = "#eef2ff" if n % 2 == 0 else "#fafafa"
        out.append(f'<rect x="{x(begin):.1f}" y="{TOP}" width="{max(x(end) - x(begin), 0.5):.1f}" height="{height - TOP - 30}" fill="{shade}"/>')
        out.append(f'<text x="{x(begin):.1f}" y="{TOP - 4 - row * 11}" font-size="9" fill="#555">{escape(name)}</text>')
    for n, (name, unit, lines) in enumerate(strips):
        top = TOP + n * (STRIP + GAP) + 16
        bottom = top + STRIP - 10
        most = nice(max((value for _, points in lines for _, value in points), default=1))

        def y(value):
            return bottom - value / most * (bottom - top)

        out.append(f'<text x="{LEFT}" y="{top - 4}" fill="#111">{escape(name)}</text>')
        for part in (0, 0.5, 1):
            at = y(most * part)
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ccc" stroke-width="0.6"/>')
            out.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{most * part:g} {escape(unit)}</text>')
        for k, (label, points) in enumerate(lines):
            colour = COLOURS[k % len(COLOURS)]
            for line in pieces(points):
                way = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in line)
                out.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
            out.append(f'<text x="{WIDTH - 22 - k * 110}" y="{top - 4}" text-anchor="end" fill="{colour}">{escape(label)}</text>')
    bottom = TOP + len(strips) * (STRIP + GAP) + 14
    step = next(step for step in (5, 10, 30, 60, 120, 300, 600, 1200, 3600, 1e9) if step * 10 >= seconds)
    at = 0.0
    while at <= seconds:
        label = f"{at / 60:g} min" if seconds > 300 else f"{at:g} s"
        out.append(f'<text x="{x(at):.1f}" y="{bottom}" text-anchor="middle" fill="#555">{label}</text>')
        at += step
    out.append("</svg>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out) + "\n")


def pieces(points, gap=6):
    """Lines between which nothing was measured; of many points, the highest of each pixel's."""
    result, line = [], []
    for at, value in points:
        if line and at - line[-1][0] > gap:
            result.append(line)
            line = []
        line.append((at, value))
    if line:
        result.append(line)
    return result
