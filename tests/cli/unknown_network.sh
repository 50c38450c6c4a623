# A name that is nearly right.
earshot extract corpus -o features.h5 --network resnet81
