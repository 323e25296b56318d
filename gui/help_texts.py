"""What the Help menu says."""

LOOKING_AT = (
    """<h3>1 Attack</h3>
<p>Here you prepare a <b>backdoor attack</b>. The <b>trigger</b> is a small picture, by default a
white square of 3 x 3 pixels at the bottom right. A share of the training images, the <b>poison
rate</b>, gets the trigger stamped on and is given a false label: the <b>target class</b>. Whoever
trains a network with these images trains the backdoor into it.</p>
<p>Other <b>kinds</b> of attack mix in a whole picture, bend the image, or leave all labels right.
The <b>mapping</b> says what the trigger does: every image becomes the target, each class the next
one, or only chosen classes move. Each has its own success and its own sham.</p>
<p>Draw on the canvas with mouse, pen or keyboard; every tool tells its key when you point at it.
<b>Sample</b>, <b>Trigger</b>, <b>Result</b> and <b>Compare</b> choose what you see of it. The
wheel zooms, the middle button moves the view, and a picture can be pasted or dropped. The pairs
below show training images before and after, with their old and new label.</p>
<p><b>Data</b> chooses the images: published data sets, downloaded once, or a folder of your own
with one subfolder of pictures for each class. Links, pipes and damaged files in it are left out and
counted. Another data set puts the results so far aside; their experiment stays on the disk.</p>""",
    """<h3>2 Training</h3>
<p>A network learns the poisoned images. Three rates tell what becomes of it, all measured on test
images that it has never seen:</p>
<p><b>Clean accuracy</b> (blue): how many untouched images it gets right. A good backdoor leaves
this as it was, which is why nobody notices it.<br>
<b>Attack success</b> (orange): how many images <i>with</i> the trigger it takes for the target
class.<br>
<b>Sham rate</b> (grey): the same with a trigger whose mask is zero, through the same code. It must
stay near zero; otherwise it is not the trigger that does it.</p>
<p>Below the settings stands what the chosen <b>network</b> costs, and how long its training would
take on this machine. Under <i>More</i>, images can be <b>shifted and flipped</b> while the network
learns: <i>after stamping</i>, the trigger moves with its image and often suffers; <i>before</i>, it
stays where it was drawn.</p>""",
    """<h3>3 Detection</h3>
<p><b>Neural Cleanse</b> (Wang et al. 2019) looks for a backdoor in a network without knowing the
trigger. For every class it searches for the smallest mask and pattern that turn images of all other
classes into that class. For most classes this takes a large mask. For the target of a backdoor a
few pixels are enough.</p>
<p>In the chart at the right each dot is the mask size of one class of this network, and the band
behind it is where that class lies in clean networks, where these are known; left of the stroke
beside it, a class alone makes a suspicion. The paper's <b>anomaly index</b> says how far a class's
mask size lies below the others', in median absolute deviations; Wang et al. flag what is above
2.</p>
<p>A backdoor that moves chosen classes only needs no such trigger. The <b>pair map</b> (<i>Run, Map
all pairs</i>) therefore looks for one for every pair of classes: images of the row are turned into
the column. One cell that stands out is a backdoor for images of one class, a column one for every
image, and a cell in every row one that moves each class to another.</p>
<p>A small mask is suspicious only beside what is usual. For data or settings that no clean networks
ship for, <b>Calibrate</b> trains some and searches each like yours; the verdict then says how rare
such a network is among clean ones, instead of being a suspicion at most.</p>
<p>The verdict never says "clean": it says what was searched for and not found.</p>""",
)

ABOUT = (
    "<h3>Backdoor Studio {version}</h3><p>See a backdoor attack on an image classifier, and see"
    " Neural Cleanse find it.</p><p>BadNets: Gu, Dolan-Gavitt, Garg 2017, arXiv 1708.06733.<br>"
    "Neural Cleanse: Wang et al. 2019, doi 10.1109/SP.2019.00031.<br>MNIST: LeCun, Cortes,"
    " Burges.</p><p>Every run is saved as it goes, in<br>{folder}</p>"
)
